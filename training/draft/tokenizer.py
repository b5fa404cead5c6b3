"""The draft model's own byte-level BPE tokenizer, trained on our cards and messages."""

from dataclasses import asdict
from itertools import islice

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from training.draft.examples import examples
from triage.llm.prompts import build_messages

VOCAB_SIZE = 4096
CORPUS_EXAMPLES = 6_000
PAD, END, SYSTEM, USER, ASSISTANT = "<pad>", "<end>", "<system>", "<user>", "<assistant>"
SPECIAL = [PAD, END, SYSTEM, USER, ASSISTANT]
# One turn is <role>text<end>; a continued last turn stays open.
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{{ '<' + message['role'] + '>' + message['content'] }}"
    "{%- if not (loop.last and continue_final_message is defined and continue_final_message) -%}"
    "{{ '<end>' }}{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{ '<assistant>' }}{%- endif -%}"
)


def train_tokenizer(seed: int) -> PreTrainedTokenizerFast:
    """A tokenizer with whole numbers 0–110 as single tokens and the chat template built in."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCAB_SIZE,
        special_tokens=SPECIAL,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(_corpus(seed), trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        eos_token=END,
        chat_template=CHAT_TEMPLATE,
        clean_up_tokenization_spaces=False,
    )


def _corpus(seed: int):
    for facts, card, draft in islice(examples(seed), CORPUS_EXAMPLES):
        yield "\n".join(
            message["content"] for message in build_messages(**asdict(facts), card=card)
        )
        yield draft
    yield from (f" {number} years" for number in range(111) for _ in range(20))
