"""How a step fails: in words for people, which name the provider and say what to do."""

from __future__ import annotations

from runcast import AbortRun, RuncastError
from runcast.apps.leads.contract import Outcome


class ProviderRefused(AbortRun):
    """Asking again changes nothing: no key, no credit, or a question that it does not take."""

    code = "provider_refused"

    def __init__(self, provider: str, outcome: str, detail: str) -> None:
        super().__init__(provider, outcome, detail)
        self.provider = provider
        self.outcome = Outcome(outcome)
        self.user_message = detail

    def __str__(self) -> str:
        return self.user_message


class ProviderBusy(AbortRun):
    """It takes no more calls for now. In a step no further try: the body waits, and holds nothing meanwhile."""

    code = "provider_busy"

    def __init__(self, provider: str, detail: str, retry_after_s: float) -> None:
        super().__init__(provider, detail, retry_after_s)
        self.provider = provider
        self.retry_after_s = retry_after_s
        self.user_message = detail

    def __str__(self) -> str:
        return self.user_message


class ProviderDown(RuncastError):
    """It failed in a way that may pass; the step tries again."""

    code = "provider_down"

    def __init__(self, provider: str, detail: str) -> None:
        super().__init__(provider, detail)
        self.provider = provider
        self.user_message = detail

    def __str__(self) -> str:
        return self.user_message


class StepStopped(AbortRun):
    """A step of a lead came to nothing; its cause is in the chain, so that a retry repeats exactly that."""

    code = "step_failed"

    def __init__(self, step: str, message: str, who: str = "") -> None:
        """`who`: the person, for whoever is told of it elsewhere. Failures for the same reason stay one error."""
        super().__init__(step, message, who)
        self.step = step
        self.message = message
        self.user_message = f"{who}: {message}" if who else message

    def __str__(self) -> str:
        return self.message


ProviderError = ProviderRefused | ProviderBusy | ProviderDown
