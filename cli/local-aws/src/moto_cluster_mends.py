"""Mends moto where its EMR differs from AWS in what the name of a cluster's primary node is about.

Each function names the AWS behaviour it brings. The version of moto is pinned, so what is replaced here is known.
"""

from datetime import datetime, timezone
from itertools import count
from zlib import crc32

from moto.core.responses import BaseResponse
from moto.core.utils import utcnow
from moto.emr.exceptions import ValidationException
from moto.emr.models import Cluster
from moto.emr.responses import ElasticMapReduceResponse

STARTING, RUNNING, FAILED = ("STARTING", "BOOTSTRAPPING"), ("RUNNING", "WAITING"), "TERMINATED_WITH_ERRORS"
STATES = (*STARTING, *RUNNING, "TERMINATING", "TERMINATED", FAILED)
RESERVED, ORDERS = "local-aws:", ("state", "primary", "created")
HOSTS, NETWORKS = 250, 256  # of a network the first four addresses and the last are not given out


def mend():
    keep_regions_apart()
    give_each_cluster_a_primary_of_its_own()
    live_as_tags_tell()


def keep_regions_apart():
    """The clusters of a region are its own; moto reads the region from the host's name, which here is always the same."""
    ElasticMapReduceResponse.get_region_from_url = BaseResponse.get_region_from_url


def give_each_cluster_a_primary_of_its_own():
    """The primary node's name is its own, in a private subnet of the form ip-10-0-1-2.eu-west-1.compute.internal. There is
    none before the node is there, and it stays when the cluster has ended. moto has one public name for all, always."""
    create = Cluster.__init__

    def init(self, backend, *args, **kwargs):
        create(self, backend, *args, **kwargs)
        taken = {getattr(cluster, "address", None) for cluster in backend.clusters.values()}
        candidates = (number % (HOSTS * NETWORKS) for number in count(crc32(self.id.encode())))
        self.address = next(address for address in candidates if address not in taken)

    def name(self):
        if not getattr(self, "has_primary", True):
            return None
        region = self.emr_backend.region_name
        domain = "ec2.internal" if region == "us-east-1" else f"{region}.compute.internal"
        made_up = f"ip-10-0-{self.address // HOSTS}-{self.address % HOSTS + 4}.{domain}"
        return getattr(self, "primary", made_up)

    Cluster.__init__ = init
    Cluster.master_public_dns_name = property(name)


def live_as_tags_tell():
    """Clusters start, run, fail and replace their primary node. moto's do nothing by themselves, so reserved tags tell
    them, and are not shown: local-aws:state, local-aws:primary (a DNS name), local-aws:created (a time in RFC 3339)."""
    run, add = ElasticMapReduceResponse.run_job_flow, Cluster.add_tags

    def run_job_flow(self):
        answer = run(self)
        self.backend.clusters[answer.result["JobFlowId"]].is_new = False
        return answer

    def add_tags(self, tags):
        orders = {key.removeprefix(RESERVED): value for key, value in tags.items() if key.startswith(RESERVED)}
        if not set(orders) <= set(ORDERS) or orders.get("state", FAILED) not in STATES:
            raise ValidationException(f"{RESERVED} takes {', '.join(ORDERS)}; a state is one of {', '.join(STATES)}.")
        if "created" in orders:
            created = datetime.fromisoformat(orders["created"])
            self.creation_datetime = created.astimezone(timezone.utc).replace(tzinfo=None)
        if "primary" in orders:
            self.primary = orders["primary"]
        if "state" in orders:
            enter(self, orders["state"])
        add(self, {key: value for key, value in tags.items() if not key.startswith(RESERVED)})

    ElasticMapReduceResponse.run_job_flow = run_job_flow
    Cluster.add_tags = add_tags


def enter(cluster, state):
    """A cluster that ends has a primary node if it had one; one that is new had none only if it failed."""
    cluster.state = state
    if state in STARTING + RUNNING:
        cluster.has_primary, cluster.end_datetime = state in RUNNING, None
    else:
        cluster.end_datetime = utcnow()
        if getattr(cluster, "is_new", True):
            cluster.has_primary = state != FAILED
    cluster.ready_datetime = (cluster.ready_datetime or utcnow()) if getattr(cluster, "has_primary", True) else None
