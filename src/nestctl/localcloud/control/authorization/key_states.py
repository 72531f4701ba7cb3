"""A key that is disabled or on its way out serves nobody, its owner neither, through whatever service.

KMS developer guide, "Key states of AWS KMS keys"; the errors are those of each service's API reference.
"""

from __future__ import annotations

from nestctl.localcloud.control.authorization import attached, keys
from nestctl.localcloud.control.authorization.facts import Facts
from nestctl.localcloud.control.refused import Refused
from nestctl.localcloud.control.types import Call

SAID = {
    "Disabled": ("DisabledException", "{key} is disabled."),
    "PendingDeletion": ("KMSInvalidStateException", "{key} is pending deletion."),
}
"""What KMS answers in each state in which a key encrypts and decrypts nothing."""

USING = ("kms:Encrypt", "kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant")

ANSWERS = {
    "backup": Refused("InvalidParameterValueException", "{said}"),
    "ecr": Refused("KmsException", "{said}"),
    "elasticache": Refused("InvalidKMSKeyFault", "The KMS key supplied is not valid: {said}"),
    "lambda": Refused(
        "InvalidParameterValueException",
        "Lambda was unable to configure access to your environment variables because the KMS key is invalid "
        "for CreateGrant. Please check your KMS key settings. KMS Exception: {code} KMS Message: {said}",
    ),
    "rds": Refused(
        "KMSKeyNotAccessibleFault",
        "The specified KMS key [{key}] does not exist, is not enabled or you do not have permissions to "
        "access it.",
    ),
    "s3": Refused("KMS.{code}", "{said}"),
    "secretsmanager": Refused(
        "{way}Failure", "Secrets Manager can't {verb} the protected secret text using the provided KMS key."
    ),
    "ssm": Refused("InvalidKeyId", "{said} (Service: AWSKMS; Status Code: 400; Error Code: {code})"),
}


def checks(service: str) -> bool:
    """Tell whether a service uses keys of the customer's."""
    return service in ANSWERS


def unusable(key: str) -> tuple[str, str] | None:
    """Return KMS's error code and words for a key, by ARN, that encrypts and decrypts nothing now."""
    record = attached.key_record(key)
    if record is None or str(record["KeyState"]) not in SAID:
        return None
    code, words = SAID[str(record["KeyState"])]
    return code, words.format(key=key)


def problem(call: Call, account: str, facts: Facts) -> Refused | None:
    """Return what the called service says of a key that it cannot use; ``None`` when there is none."""
    answer = ANSWERS.get(call.service)
    if answer is None:
        return None
    for use in keys.uses(call, account, facts):
        if use.action in USING and (found := unusable(use.resource)):
            code, words = found
            way = "Decryption" if use.action == "kms:Decrypt" else "Encryption"
            said = {
                "code": code,
                "key": use.resource,
                "said": words,
                "verb": way.replace("ion", "").lower(),
                "way": way,
            }
            return Refused(answer.code.format(**said), answer.message.format(**said), answer.status)
    return None
