"""What an engine can fail with. Each message is a sentence for the person who reads it."""


class EngineError(Exception):
    """The engine did not do what was asked. `permanent`: trying the same again is no use."""

    def __init__(self, reason: str, *, permanent: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.permanent = permanent


class EngineDead(EngineError):
    """The whole engine is gone, with every request it held. It has to be started again."""


class PromptTooLong(EngineError):
    """The prompt does not fit the model's context; a shorter message may."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, permanent=True)
