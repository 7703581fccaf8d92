"""Mends moto where it differs from AWS in what sharing images, snapshots and keys with organizations is about.

Each function names the AWS behaviour it brings. The version of moto is pinned, so what is replaced here is known.
"""

import moto_cluster_mends
import moto_database_mends
import moto_patching_mends
import moto_usage_mends
from moto.ec2.exceptions import InvalidAMIIdError
from moto.ec2.models.amis import Ami, AmiBackend
from moto.ec2.models.elastic_block_store import Snapshot
from moto.ec2.responses.amis import AmisResponse
from moto.ec2.responses.elastic_block_store import ElasticBlockStore
from moto.kms import models
from moto.kms.models import Key
from moto.organizations.exceptions import OrganizationsClientError
from moto.organizations.responses import OrganizationsResponse

BY_SNAPSHOT = "block-device-mapping.snapshot-id"
FOREIGN_IMAGE, FOREIGN_OWNER = "ami-0f0e1a0e0f0e1a0e0", "999988887777"


def mend():
    keep_block_device_mappings()
    filter_images_by_snapshot()
    hide_disabled_images()
    list_for_those_who_may_use()
    show_an_image_of_another_account()
    miss_images_by_their_error()
    name_keys_of_snapshots()
    own_default_keys()
    spare_key_pairs()
    keep_lists_from_members()
    moto_cluster_mends.mend()
    moto_database_mends.mend()
    moto_patching_mends.mend()
    moto_usage_mends.mend()


def snapshots_of(image):
    return {mapping["Ebs"]["SnapshotId"] for mapping in image.block_device_mappings if "SnapshotId" in mapping.get("Ebs", {})}


def keep_block_device_mappings():
    """RegisterImage keeps the mappings it is given; moto makes up one snapshot instead."""
    register, made_up = AmisResponse.register_image, Ami.block_device_mappings

    def register_image(self):
        mappings = self._get_param("BlockDeviceMappings", [])
        for mapping in mappings:
            if "SnapshotId" in mapping.get("Ebs", {}):
                snapshot = self.ec2_backend.get_snapshot(mapping["Ebs"]["SnapshotId"])
                mapping["Ebs"] = {"VolumeSize": snapshot.volume.size, "Encrypted": snapshot.encrypted} | mapping["Ebs"]
        answer = register(self)
        image = self.ec2_backend.amis[answer.result["ImageId"]]
        image.root_device_name = self._get_param("RootDeviceName") or image.root_device_name
        if mappings:
            self.ec2_backend.snapshots.pop(image.ebs_snapshot.id, None)
            image.registered_mappings = mappings
            image.root_device_type = "ebs"
        return answer

    def block_device_mappings(self):
        return getattr(self, "registered_mappings", None) or made_up.fget(self)

    AmisResponse.register_image = register_image
    Ami.block_device_mappings = property(block_device_mappings)


def filter_images_by_snapshot():
    """DescribeImages finds the images that stand on a snapshot; moto fails."""
    describe = AmiBackend.describe_images

    def describe_images(self, ami_ids=None, filters=None, exec_users=None, owners=None):
        filters = dict(filters or {})
        wanted = set(filters.pop(BY_SNAPSHOT, []))
        images = describe(self, ami_ids, filters, exec_users, owners)
        return [image for image in images if not wanted or wanted & snapshots_of(image)]

    AmiBackend.describe_images = describe_images


def hide_disabled_images():
    """Disabled images are private, and listed only when they are asked for."""
    describe, disable = AmisResponse.describe_images, AmiBackend.disable_image

    def describe_images(self):
        answer = describe(self)
        if not self._get_bool_param("IncludeDisabled", False):
            answer.result["Images"] = [image for image in answer.result["Images"] if image.state != "disabled"]
        return answer

    def disable_image(self, ami_id):
        disable(self, ami_id)
        self.amis[ami_id].launch_permissions.clear()

    AmisResponse.describe_images = describe_images
    AmiBackend.disable_image = disable_image


def list_for_those_who_may_use():
    """Lists for an account have what is shared with that account by its id, and no more. To moto, every account has what is public, and
    all snapshots."""
    describe_images, describe_snapshots = AmiBackend.describe_images, ElasticBlockStore.describe_snapshots

    def images_for(self, ami_ids=None, filters=None, exec_users=None, owners=None):
        images = describe_images(self, ami_ids, filters, None, owners)
        users = {self.account_id if it == "self" else it for it in exec_users or []}
        is_for = lambda image: any(it.get("UserId") in users or it.get("Group") in users for it in image.launch_permissions)
        return [image for image in images if not users or is_for(image)]

    def snapshots_for(self):
        users = set(self._get_param("RestorableByUserIds", []))
        answer = describe_snapshots(self)
        if users:
            is_for = lambda it: users & (set(it.create_volume_permission_userids) | set(it.create_volume_permission_groups))
            answer.result["Snapshots"] = [it for it in answer.result["Snapshots"] if is_for(it)]
        return answer

    AmiBackend.describe_images = images_for
    ElasticBlockStore.describe_snapshots = snapshots_for


def show_an_image_of_another_account():
    """A public image can be seen by everybody, and shared by its owner only; moto keeps accounts apart."""
    load = AmiBackend._load_amis

    def load_amis(self):
        load(self)
        self.amis[FOREIGN_IMAGE] = Ami(
            self, FOREIGN_IMAGE, name="base_linux_v1", owner_id=FOREIGN_OWNER, public=True
        )

    AmiBackend._load_amis = load_amis


def miss_images_by_their_error():
    """Attributes of an image that is not there: InvalidAMIID.NotFound; moto fails."""
    describe = AmiBackend.describe_image_attribute
    modify = AmiBackend.modify_image_attribute

    def describe_image_attribute(self, ami_id, attribute_name):
        if ami_id not in self.amis:
            raise InvalidAMIIdError(ami_id)
        return describe(self, ami_id, attribute_name)

    def modify_image_attribute(self, ami_id, **changes):
        if ami_id not in self.amis:
            raise InvalidAMIIdError(ami_id)
        return modify(self, ami_id, **changes)

    AmiBackend.describe_image_attribute = describe_image_attribute
    AmiBackend.modify_image_attribute = modify_image_attribute


def name_keys_of_snapshots():
    """An encrypted snapshot names its key, which is its volume's unless it was copied under another."""
    create = Snapshot.__init__

    def init(self, *args, **kwargs):
        create(self, *args, **kwargs)
        if self.encrypted and not self.kms_key_id:
            self.kms_key_id = self.volume.kms_key_id

    Snapshot.__init__ = init


def spare_key_pairs():
    """A symmetric key has no key pair; moto makes one of RSA for each, which takes a tenth of a second."""
    make = models.generate_private_key
    models.generate_private_key = lambda spec: None if spec == "SYMMETRIC_DEFAULT" else make(spec)


def own_default_keys():
    """The keys behind alias/aws/ebs, alias/aws/rds and their like are AWS's; moto makes them a customer's."""
    create, descriptions = Key.__init__, ("Default master key that protects my", "Default key")

    def init(self, *args, **kwargs):
        create(self, *args, **kwargs)
        if (self.description or "").startswith(descriptions):
            self.key_manager = "AWS"

    Key.__init__ = init


def keep_lists_from_members():
    """Only the management account may list accounts and units (and delegated administrators, who are members like others
    here). Members are denied, and who is in no organization is told so; moto shows both an empty organization."""

    def mended(list_them):
        def answer(self):
            backend = self.organizations_backend
            if backend.org is None:
                backend.describe_organization()
                raise OrganizationsClientError("AccessDeniedException", "You don't have permissions to access this resource.")
            return list_them(self)

        return answer

    for name in ["list_accounts", "list_accounts_for_parent", "list_organizational_units_for_parent"]:
        setattr(OrganizationsResponse, name, mended(getattr(OrganizationsResponse, name)))
