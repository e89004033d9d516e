"""Which properties are candidates, by their shape and by the words of their names and descriptions."""

import re

from decisions import load_sets
from places import find_properties

_POLICY_NAME = re.compile(r"polic(?:y|ies)|^Statements?$|PermissionsDocument|PolicyText|Principals?$", re.IGNORECASE)
_POLICY_WORDS = re.compile(
    r"(?:resource|access|iam|key|bucket|repository|permissions?|trust|session|service control)[- ](?:based )?polic(?:y|ies)"
    r"|policy document|policy text|json polic",
    re.IGNORECASE,
)
_NAMES_A_POLICY = re.compile(r"(?:Arns?|ARN|Ids?|Name|Names|Version|Type|Etag|Status|Url|Enabled|Descriptions?|Title)$")


def may_hold_policy(one):
    kinds = one.kinds
    if "json" in kinds:
        return bool(_POLICY_NAME.search(one.name) or _POLICY_WORDS.search(one.description))
    if "string" not in kinds or one.schema.get("enum"):
        return False
    if _POLICY_NAME.search(one.name) and not _NAMES_A_POLICY.search(one.name):
        return True
    return bool(
        re.search("polic", one.name, re.I) is None
        and re.search(
            r"policy document|json[- ](?:formatted |encoded )?(?:resource |access )?polic", one.description, re.I
        )
    )


_SECRET_NAME = re.compile(
    r"passw(?:or)?d|passphrase|passcode|secret|token|credential|private_?key|api_?key|access_?key|auth_?key|shared_?key|jsonkey|"
    r"signing_?key|license_?key|(?:account|server|client|master|session|service|http|host)_?key|KeyValue|connection_?string|"
    r"(?:^|_)(?:pwd|pin|psk)(?:$|_)|pin$|bearer|webhook|keytab|authkey|community|[a-z]Md5Key|mnemonic", re.IGNORECASE)  # fmt: skip
_SECRET_WORDS = re.compile(
    r"^(?:the|a|an|your|specifies the|contains the)? ?(?:[\w-]+ ){0,3}(?:password|passphrase|secret|credentials|api key|private key|access token|auth token|pre-shared key)s?\b(?! (?:arn|id|name))",
    re.IGNORECASE,
)


def may_hold_secret(one):
    """A text that is written and never read back, or whose name or description speaks of a secret."""
    if not one.kinds & {"string", "json"} or one.schema.get("enum") or one.schema.get("const"):
        return False
    return one.write_only or bool(_SECRET_NAME.search(one.name) or _SECRET_WORDS.search(one.description))


_PUBLIC_NAME = re.compile(
    r"public|EndpointType|auth(?:orization|entication|n|orizer)?_?(?:Type|Mode|Strategy|Method|Enabled)|Anonymous|Unauthenticated|Visibility$|"
    r"Scheme$|Internet(?!Gateway)|^(?:Is)?Allow(?:All|Any|Extern|Every|Guest|Unauth)|AutoAccept|AcceptanceRequired|Principals?$|UserGroups?$|"
    r"Cidr|IpRange|Whitelist|AllowList|OpenAccess|Guest|NoPassword|AccessControl$|AccessLevel|AnyOne|Everyone|ExternalPrinc|ACLName|NetworkAccess|ExternalShar|"
    r"^Enabled$",
    re.IGNORECASE)  # fmt: skip
_PUBLIC_VALUES = frozenset(("public", "public_read", "open", "anonymous", "internet", "internet-facing", "global", "everyone",
    "unauthenticated", "external", "allow_all", "publicread", "no_auth", "anyone"))  # fmt: skip
_SHOWN = {"HIDDEN", "VISIBLE"}


def may_make_public(one):
    """A switch, a word, a range of addresses or a principal that can open something to more than its owner."""
    values = set(map(str, one.schema.get("enum", ())))
    if values & _SHOWN or not one.kinds & {"boolean", "string", "json"}:
        return False
    if one.name == "Enabled":
        return bool(re.search(r"public|unauthenticated|anonymous|guest", one.path, re.IGNORECASE))
    if {v.lower() for v in values} & _PUBLIC_VALUES or (
        "NONE" in values and re.search("auth", one.name, re.IGNORECASE)
    ):
        return True
    return bool(_PUBLIC_NAME.search(one.name))


_PROTECTS = re.compile(
    r"(?:delet|terminat|destroy|destruct|remov|purge|disassociat|mutation|change)\w*(?:protect|policy|behaviou?r|mode|check|option|action)|Protect(?:ion|ed)?(?:Enabled|Status|Mode|Check)?$|"
    r"DisableApi|Force\w*(?:Delet|Destroy|Remov)|Retain|Retention|FinalSnapshot|FinalBackup|RecoveryWindow|PendingWindow|Recursive\w*Delet|EmptyOnDelete|"
    r"SkipResourceInUse|Preserve|Bypass\w*Check|ObjectLock|LockConfiguration|DeleteAutomatedBackups|^Delete|OnDelete",
    re.IGNORECASE,
)


def may_protect_deletion(one):
    return bool(_PROTECTS.search(one.name))


_ORIGIN_NAME = re.compile(
    r"snapshot|backup|restor|source|recover|clon|copy|import|seed|origin|replicat|^parent", re.IGNORECASE
)


def find_origins(schemas):
    """The properties of types with data that may fill a new resource with data from elsewhere: (type, path), sorted."""
    sets = load_sets()
    with_data = frozenset().union(*(sets[name] for name in sets if name.startswith("stateful")))
    return [
        (one.type, one.path)
        for kind, schema in sorted(schemas.items())
        if kind in with_data
        for one in find_properties(schema, lambda one: bool(_ORIGIN_NAME.search(one.name)))
        if one.path.isalnum()
    ]


_TLS_NAME = re.compile(
    r"[Tt]ls|TLS|Ssl|SSL|^ssl|SecurityPolicy|MinimumProtocol|MinProtocol|InTransit|TransitEncryption|Ciphers?|CipherSuite|ProtocolVersion|"
    r"[Hh]ttps|HTTPS|SecureTransport|(?:Viewer|Origin)Protocol|EncryptionMode|^Protocols?$|NodeToNode|ClientBroker|InCluster|InternodeEncryption|"
    r"SigningProtocol|Insecure"
)


def may_set_tls(one):
    values = " ".join(str(v) for v in one.schema.get("enum", ()))
    return bool(_TLS_NAME.search(one.name) or re.search(r"TLS|SSL|HTTPS", values, re.IGNORECASE)) and bool(
        one.kinds & {"string", "boolean", "json"}
    )


KINDS = {
    "policies": may_hold_policy,
    "secrets": may_hold_secret,
    "stores": None,  # types, not properties: find_stores
    "identities": None,  # types as well: find_identities
    "exposure": may_make_public,
    "protection": may_protect_deletion,
    "origins": None,  # of types with data alone: find_origins
    "tls": may_set_tls,
}


def find_candidates(kind, schemas):
    """The places of a kind that need a decision: (type, path), sorted."""
    if kind == "stores":
        return find_stores(schemas)
    if kind == "identities":
        return find_identities(schemas)
    if kind == "origins":
        return find_origins(schemas)
    wanted = KINDS[kind]
    return [(one.type, one.path) for _, schema in sorted(schemas.items()) for one in find_properties(schema, wanted)]


_STORES = re.compile(
    r"Database$|Table$|Store$|Datastore$|Bucket$|Cluster$|Domain$|Repository$|Vault$|Archive$|Volume$|FileSystem$|Snapshot$|Backup$|Index$|"
    r"Stream$|Queue$|Secret$|Workspaces?$|Collection$|Dataset|Ledger|KnowledgeBase$|Memory$|Broker$|Keyspace$|Graph$|Registry$|Disk$|Container$|"
    r"Parameter$|::(?:Replica)?Key$|List$|Space$|Lake$|Directory$|AD$|Warehouse|Catalog$|Notebook|Library$|Namespace$|Tracker$|Cache$|"
    r"Map$|Portal$|Vocabulary|Dictionary|LogGroup$|UserPool$|Instance$|Environment$|Sites?$|Account$|CertificateAuthority$|Set$|Ontology|"
    r"Assistant$|Project$|Experiment|Tracking|Image$|Assets?$|Model$|Topic$|Channel$|App$|StorageVirtualMachine$|ShardGroup$|Schema$|PackageGroup$")  # fmt: skip
_AT_REST = re.compile(r"Kms|EncryptionAtRest|AtRest|ServerSideEncryption|StorageEncrypt|SnapshotRetention|BackupRetention|StorageSize|AllocatedStorage|VolumeSize|DeletionProtect|FinalSnapshot|Replica", re.IGNORECASE)  # fmt: skip


def find_stores(schemas):
    """The types that may hold data: by their name, or because they encrypt, keep, back up or protect something."""
    return [
        (kind, "")
        for kind, schema in sorted(schemas.items())
        if _STORES.search(kind)
        or find_properties(schema, lambda one: bool(_AT_REST.search(one.name)), with_attributes=True)
    ]


# What AWS makes up when it makes the resource, and what others call or write down.
_ADDRESS = re.compile(
    r"(?:Dns|DNS|Domain|Host)(?:Name)?s?$|Endpoints?$|Endpoint(?:Url|URL|Address|Prefix)s?$|(?:Ur[li]|UR[LI])s?$|NameServers$|"
    r"Ips?$|Ip(?:v4|v6)?Address(?:es)?$|ClientId$|Address(?:es)?$|PhoneNumber$|DomainEndpoint"
)
_IDENTITY = re.compile(
    r"Gateway$|Api$|Client$|IdentityPool$|UserPoolDomain$|Connection$|HostedZone$|LoadBalancer$|Accelerator$|Certificate$|Server$|"
    r"::VPC$|::Instance$|EndpointService$|VpnEndpoint$|PhoneNumber$|SenderId$|DelegationSet$|DomainName(?:V2)?$|Portal$|Topic$|"
    r"(?:OIDC|SAML)Provider$|VirtualInterface$|::NetworkInterface$|[A-Z]\w*Key$|::(?:HostKey|KeySigningKey)$|Distribution$|"
    r"Webhook$|Agent$|::App$|Runtime$|KnowledgeBase$|StateMachine$|WebApp$|::Pool$|IpPool$|Firewall$|::Role$|AutoScalingGroup$"
)


def find_identities(schemas):
    """The types that others may know by an address or an ID, by their attributes or their name."""
    return [
        (kind, "")
        for kind, schema in sorted(schemas.items())
        if _IDENTITY.search(kind)
        or any(_ADDRESS.search(pointer.rpartition("/")[2]) for pointer in schema.get("readOnlyProperties", ()))
    ]
