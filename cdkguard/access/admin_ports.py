"""The ports of administration and of databases: who reaches one can try to log in.

The numbers are registered, or are the defaults of the servers.
https://www.iana.org/assignments/service-names-port-numbers/
"""

from __future__ import annotations

ADMIN_PORTS = frozenset(
    {
        20,  # FTP data
        21,  # FTP
        22,  # SSH
        23,  # Telnet
        135,  # Windows RPC
        139,  # NetBIOS
        445,  # SMB
        1433,  # SQL Server
        1521,  # Oracle
        2375,  # Docker
        2379,  # etcd
        2483,  # Oracle
        2484,  # Oracle over TLS
        3306,  # MySQL, MariaDB, Aurora
        3389,  # Remote Desktop
        5432,  # PostgreSQL, Aurora
        5439,  # Redshift
        5601,  # Kibana, OpenSearch Dashboards
        5900,  # VNC
        5985,  # Windows Remote Management
        5986,  # Windows Remote Management over TLS
        6379,  # Redis, Valkey
        6443,  # Kubernetes API
        7000,  # Cassandra between nodes
        7001,  # Cassandra between nodes over TLS, WebLogic
        8182,  # Neptune
        9042,  # Cassandra, Keyspaces
        9092,  # Kafka
        9200,  # Elasticsearch, OpenSearch
        9300,  # Elasticsearch between nodes
        10250,  # kubelet
        11211,  # memcached
        27017,  # MongoDB, DocumentDB
        27018,  # MongoDB shards
        50000,  # Db2, SAP
    }
)
