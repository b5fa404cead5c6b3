"""Which model a measurement uses: one on disk, the bundled one, or a small random one."""

import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BUNDLED = Path(__file__).resolve().parents[2] / "weights" / "draft"
# About five million parameters: what the engine computes, not what it says, is measured.
TINY_LLAMA: dict[str, Any] = {
    "architectures": ["LlamaForCausalLM"],
    "model_type": "llama",
    "hidden_size": 256,
    "intermediate_size": 640,
    "num_hidden_layers": 6,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "head_dim": 64,
    "vocab_size": 4096,
    "max_position_embeddings": 2048,
    "rms_norm_eps": 1e-6,
    "tie_word_embeddings": True,
    "hidden_act": "silu",
    "torch_dtype": "float32",
    "bos_token_id": 1,
    "eos_token_id": 2,
}


@dataclass(frozen=True, slots=True)
class Model:
    """A model folder; `is_random` when it holds a configuration without weights."""

    path: Path
    name: str
    is_random: bool
    vocab_size: int
    max_positions: int


def find_model(path: Path | None) -> Model:
    """The model at `path`; by default the bundled one, else a random tiny Llama.

    Raises ValueError when `path` holds no model.
    """
    if path is None and (BUNDLED / "config.json").is_file():
        path = BUNDLED
    if path is None:
        return tiny_llama(Path(tempfile.mkdtemp(prefix="tiny-llama-")))
    try:
        config = json.loads((path / "config.json").read_text(encoding="utf-8"))
        vocab_size = int(config["vocab_size"])
        max_positions = int(config.get("max_position_embeddings", 2048))
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise ValueError(f"model: {path} holds no model with a usable config.json") from error
    return Model(path, path.name, False, vocab_size, max_positions)


def tiny_llama(folder: Path) -> Model:
    """Write the configuration of a random Llama; its weights are drawn when it is loaded."""
    (folder / "config.json").write_text(json.dumps(TINY_LLAMA), encoding="utf-8")
    return Model(
        folder,
        "random tiny Llama",
        True,
        int(TINY_LLAMA["vocab_size"]),
        int(TINY_LLAMA["max_position_embeddings"]),
    )
