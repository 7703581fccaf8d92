"""Mends moto where its RDS differs from AWS in what sharing a snapshot is about.

Each function names the AWS behaviour it brings. The version of moto is pinned, so what is replaced here is known.
"""

from moto.kms import kms_backends
from moto.rds.exceptions import DBSnapshotNotFoundFault, InvalidParameterValue
from moto.rds.models import (
    DBCluster,
    DBClusterSnapshot,
    DBInstance,
    DBSnapshot,
    OptionGroup,
    RDSBackend,
    SnapshotAttributesMixin,
)

DEFAULT = "default_kms_key_id"
RESERVED = "local-aws:storage-encryption-type"
PERSISTENT, PERMANENT = {"TDE", "TDE_HSM", "Timezone", "OLS"}, {"TDE_HSM", "Timezone", "OLS"}

# The tag by which a test says which host plays a database: names of AWS lead nowhere here.
HOST = "local-aws:host"


def mend():
    name_keys_of_database_snapshots()
    miss_instance_snapshots_by_their_code()
    share_with_an_account_once()
    listen_where_a_tag_says()
    say_which_options_stay()
    refuse_reserved_tags()


def name_keys_of_database_snapshots():
    """An encrypted snapshot names its key by ARN, the default being the one behind alias/aws/rds, and one that is not
    encrypted names none; moto has a default key that does not exist, of clusters even where nothing is encrypted."""
    for kind in (DBSnapshot, DBClusterSnapshot):
        name_keys(kind)


def name_keys(kind):
    create = kind.__init__

    def init(self, backend, database, *args, **kwargs):
        create(self, backend, database, *args, **kwargs)
        key = self.kms_key_id if database.storage_encrypted or kwargs.get("kms_key_id") else None
        if key is not None:
            keys = kms_backends[backend.account_id][backend.region_name]
            key = keys.describe_key("alias/aws/rds" if key == DEFAULT else key).arn
        self.kms_key_id, self.encrypted = key, key is not None
        # By default RDS encrypts with a key that AWS owns, and names none; a reserved tag tells that of a database.
        told = [tag["Value"] for tag in database.tags or [] if tag["Key"] == RESERVED]
        self.storage_encryption_type = "sse-kms" if self.encrypted else (told or ["none"])[0]
        self.option_group_name = getattr(database, "option_group_name", None)

    kind.__init__ = init


def say_which_options_stay():
    """Each option of a group says whether it is persistent (TDE of SQL Server) or permanent too (Timezone and OLS of Oracle, and
    its TDE); moto says nothing of it."""
    options = OptionGroup.options

    def told(self):
        permanent = PERMANENT | ({"TDE"} if "oracle" in self.engine_name else set())
        return [
            {**option, "Persistent": option["OptionName"] in PERSISTENT, "Permanent": option["OptionName"] in permanent}
            for option in options.fget(self)
        ]

    OptionGroup.options = property(told)


def miss_instance_snapshots_by_their_code():
    """An instance's snapshot that is not there: DBSnapshotNotFound; moto says DBSnapshotNotFoundFault, which is the
    shape's name and no code."""
    create = DBSnapshotNotFoundFault.__init__

    def init(self, *args, **kwargs):
        create(self, *args, **kwargs)
        self.code = "DBSnapshotNotFound"

    DBSnapshotNotFoundFault.__init__ = init


def share_with_an_account_once():
    """An account that is added a second time is there once; moto has it twice."""
    modify = SnapshotAttributesMixin.modify_attribute

    def modify_attribute(self, attribute_name, values_to_add, values_to_remove):
        new = [value for value in values_to_add or [] if value not in self.attributes[attribute_name]]
        modify(self, attribute_name, new, values_to_remove)

    SnapshotAttributesMixin.modify_attribute = modify_attribute


def refuse_reserved_tags():
    """Neither key nor value of a tag that a caller gives begins with `aws:` or `rds:`; moto takes any.
    https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_Tag.html"""
    for name in (
        "add_tags_to_resource",
        "copy_db_cluster_snapshot",
        "copy_db_snapshot",
        "create_db_cluster_snapshot",
        "create_db_snapshot",
    ):
        refuse_reserved_tags_of(name)


def refuse_reserved_tags_of(name):
    plain = getattr(RDSBackend, name)

    def checked(self, *args, **kwargs):
        tags = kwargs.get("tags") or [it for arg in args if isinstance(arg, list) for it in arg]
        for text in [text for tag in tags or [] for text in (tag.get("Key"), tag.get("Value"))]:
            if (text or "").lower().startswith(("aws:", "rds:")):
                raise InvalidParameterValue("Tag keys and values must not be prefixed with aws: or rds:")
        return plain(self, *args, **kwargs)

    setattr(RDSBackend, name, checked)


def listen_where_a_tag_says():
    """A database listens at an address that leads to it; moto's names lead nowhere."""
    for kind, name in ((DBInstance, "address"), (DBCluster, "endpoint")):
        listen(kind, name)


def listen(kind, name):
    plain = getattr(kind, name)

    def host(self):
        tags = {tag["Key"]: tag["Value"] for tag in self.tags or []}
        return tags.get(HOST) or plain.fget(self)

    setattr(kind, name, property(host))
