"""What belongs to the real engine: jobs and counters inside it, load and measurements outside.

`job`, `stats` and `guard` run inside vLLM's process, under `scheduler.vllm_plugin`; `client`,
`bench` and `calibration` drive an engine from outside and import vllm when one is started.
"""
