"""A provider that runs already: started anew, it takes seconds of each command of Terraform."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

REATTACH = "TF_REATTACH_PROVIDERS"
"""With it, Terraform uses a provider that runs already (its documentation on debugging providers)."""

QUIET = {"TF_LOG": "off", "TF_LOG_PROVIDER": "off", "TF_LOG_SDK": "off"}


@contextmanager
def provider(data: Path, environment: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Run the AWS provider that ``terraform init`` installed.

    Commands that use it must follow each other: what one of them configures is configured for all. With a
    bundle of certificates (``AWS_CA_BUNDLE``) none can be configured twice.

    Args:
        data: Terraform's data folder, initialised.
        environment: The provider's whole environment; that of the commands does not reach it.

    Yields:
        What is to be added to the environment of Terraform's commands.
    """
    (program,) = data.glob("providers/*/hashicorp/aws/*/*/terraform-provider-aws*")
    with subprocess.Popen(
        [str(program), "-debug"],
        env={**environment, **QUIET},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as running:
        try:
            assert running.stdout
            found = (re.search(rf"{REATTACH}='(.+)'", line) for line in running.stdout)
            yield {REATTACH: next(said[1] for said in found if said)}
        finally:
            running.terminate()
