"""AWS on this machine: one supervised group of processes on the loopback interface."""

from nestctl.localcloud.cloud import CloudInfo, CloudStatus, LocalCloud
from nestctl.localcloud.errors import LocalCloudError

__all__ = ["CloudInfo", "CloudStatus", "LocalCloud", "LocalCloudError"]
