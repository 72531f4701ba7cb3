"""Who may call a function past the API: a service for one of its resources, and everyone by its URL."""

from __future__ import annotations

from nestctl.localcloud.control.authorization import attached, behalf
from nestctl.policies.combine import Caller, judge
from nestctl.policies.evaluate import Request

BY_URL = (
    ("lambda:InvokeFunctionUrl", {"lambda:FunctionUrlAuthType": "NONE"}),
    ("lambda:InvokeFunction", {"lambda:InvokedViaFunctionUrl": "true"}),
)
"""What a call by a URL of auth type NONE needs, since October 2025 both.

Source: "Control access to Lambda function URLs" in Lambda's developer guide.
"""


def service_may_invoke(arn: str, *, service: str, source: str, account: str) -> bool:
    """Tell whether the function's policy lets a service call it for one of its resources.

    Args:
        arn: ARN of the function, with version or alias when one is called, whose statements are its own.
        service: ``elasticloadbalancing.amazonaws.com``.
        source: ARN of the resource on whose behalf it calls.
        account: Account of that resource.
    """
    return behalf.service_may(service, "lambda:InvokeFunction", arn, account, source=source)


def anyone_may_call_url(arn: str, account: str) -> bool:
    """Tell whether the function's policy lets everyone call its URL; auth type NONE alone does not."""
    policy = attached.policy_of(arn, account).policy
    return all(judge(Caller(""), Request(action, arn, keys), policy).allowed for action, keys in BY_URL)
