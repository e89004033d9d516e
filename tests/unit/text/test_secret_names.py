"""Names and values that people write: those that are secrets, and at least three hundred that are none."""

from __future__ import annotations

import pytest

from cdkguard.text.credentials import find_credential_kind, hide_credentials
from cdkguard.text.secret_values import is_secret_text

SECRET_NAMES = """
PASSWORD password Password DB_PASSWORD dbPassword DbPassword DBPASSWORD dbpassword db-password db.password PGPASSWORD MYSQL_PWD
MYSQL_ROOT_PASSWORD MYSQLPASSWORD POSTGRES_PASSWORD SMTP_PASS SMTPPASS smtpPass smtppassword SMTP_PASSWORD MAIL_PASS EMAIL_PASS
DB_PASS DBPASS dbPass dbpass userPass userpass USERPASSWORD userPassword ADMIN_PASS adminpass ADMIN_PASSWORD ROOT_PASSWORD
REDIS_PASS REDIS_PASSWORD REDISPASSWORD RABBITMQ_DEFAULT_PASS KAFKA_SASL_PASSWORD SASL_PASSWORD LDAP_BIND_PASSWORD BIND_PW DB_PW
KEYSTORE_PASSWORD KEYSTOREPASS SSL_KEY_PASSPHRASE PASSPHRASE passphrase PASSWD PASSWD_PROD DB_PASSWORD_PROD DB_PASSWORD_2 PASSWORD1
DJANGO_SUPERUSER_PASSWORD spring.datasource.password SPRING_DATASOURCE_PASSWORD ConnectionStrings__Password GF_SECURITY_ADMIN_PASSWORD
SECRET secret CLIENT_SECRET clientSecret CLIENTSECRET clientsecret APP_SECRET APPSECRET appsecret JWT_SECRET JWTSECRET jwtSecret
SESSION_SECRET COOKIE_SECRET NEXTAUTH_SECRET AUTH_SECRET OAUTH_CLIENT_SECRET COGNITO_CLIENT_SECRET WEBHOOK_SECRET SIGNING_SECRET
SLACK_SIGNING_SECRET STRIPE_WEBHOOK_SECRET CONSUMER_SECRET API_SECRET apiSecret SHARED_SECRET HMAC_SECRET SECRET_VALUE AWS_SECRET
SECRET_KEY secretKey DJANGO_SECRET_KEY FLASK_SECRET_KEY SECRET_KEY_BASE AWS_SECRET_ACCESS_KEY AWS_ACCESS_KEY_ID ACCESS_KEY accessKey
API_KEY apiKey APIKEY api_key api-key x-api-key X-API-KEY OPENAI_API_KEY DATADOG_API_KEY DD_API_KEY STRIPE_API_KEY GOOGLE_API_KEY
ALGOLIA_ADMIN_KEY SENDGRID_API_KEY MAILGUN_API_KEY NEW_RELIC_LICENSE_KEY LICENSE_KEY licenseKey ENCRYPTION_KEY encryptionKey
APP_ENCRYPTION_KEY MASTER_KEY RAILS_MASTER_KEY PRIVATE_KEY privateKey JWT_PRIVATE_KEY JWT_SIGNING_KEY SIGNING_KEY signingKey JWT_KEY
HMAC_KEY AUTH_KEY STORAGE_KEY AZURE_STORAGE_KEY ACCOUNT_KEY SERVICE_ROLE_KEY SESSION_KEY COOKIE_KEY INTEGRATION_KEY API_KEY_PROD
TOKEN token ACCESS_TOKEN accessToken AUTH_TOKEN authToken AUTHTOKEN BEARER_TOKEN API_TOKEN apiToken GITHUB_TOKEN GH_TOKEN GITLAB_TOKEN
NPM_TOKEN SLACK_TOKEN SLACK_BOT_TOKEN BOT_TOKEN TELEGRAM_BOT_TOKEN TWILIO_AUTH_TOKEN SENTRY_AUTH_TOKEN VAULT_TOKEN REFRESH_TOKEN
CLOUDFLARE_API_TOKEN SONAR_TOKEN HF_TOKEN AWS_SESSION_TOKEN CREDENTIALS GOOGLE_CREDENTIALS DB_CREDENTIALS dbCredentials DB_CREDS
/orders/db/password /orders/api-key /prod/shop/jwtSecret orders-api-token wordpress_db_password TF_VAR_db_password
""".split()  # noqa: SIM905

# Their values are no secrets for their names alone; each is asked with a value that would be one.
HARMLESS_NAMES = """
COMPASS COMPASS_URL COMPASS_HOST PASSENGER PASSENGERS PASSENGER_ENV PASSENGER_APP_ENV TOKENIZER TOKENIZER_PATH TOKENIZERS_PARALLELISM
SECRETARY SECRETARIAT SECRET_SANTA_TABLE passThrough PASSTHROUGH PASS_THROUGH PASSIVE PASSIVE_PORTS PASSPORT PASSPORT_BUCKET KEYBOARD
KEYBOARD_LAYOUT MONKEY TURKEY HOCKEY DONKEY JOCKEY WHISKEY KEYSPACE KEYWORDS KEYCLOAK_URL KEYCLOAK_REALM BYPASS BYPASS_CACHE ENCOMPASS
TRESPASS SURPASS OVERPASS UNDERPASS BOARDING_PASS SEASON_PASS FIRST_PASS SECOND_PASS SINGLE_PASS MULTI_PASS RENDER_PASS BAND_PASS
PASSWORD_ARN PASSWORD_SECRET_ARN DB_PASSWORD_ARN DB_PASS_ARN DB_PASSWORD_NAME DB_SECRET_ARN DB_SECRET_NAME DB_SECRET_ID SECRET_ARN
SECRET_NAME SECRET_ID SECRETS_MANAGER_ARN secretArn secretName secretId dbSecretArn SecretsManagerSecretId DB_PASSWORD_PARAMETER
DB_PASSWORD_PARAM DB_PASSWORD_PATH DB_PASSWORD_SSM_PATH PASSWORD_FILE DB_PASSWORD_FILE POSTGRES_PASSWORD_FILE SECRET_FILE SECRET_PATH
SECRET_REGION SECRET_VERSION SECRET_PREFIX SECRET_ROTATION SECRET_ROTATION_DAYS SECRETS_BACKEND SECRETS_PROVIDER SECRETS SECRET_COUNT
PASSWORD_LENGTH PASSWORD_MIN_LENGTH PASSWORD_POLICY PASSWORDPOLICY PASSWORD_REGEX PASSWORD_RESET_URL PASSWORD_MAX_AGE PASSWORD_HASHER
PASSWORD_EXPIRY PASSWORD_LENGTH_MIN PASSWORD_ATTEMPTS RESET_PASSWORD FORGOT_PASSWORD REQUIRE_PASSWORD HAS_PASSWORD USE_PASSWORD
CHANGE_PASSWORD SHOW_PASSWORD NO_PASSWORD ALLOW_PASSWORD PASSWORDLESS PASSWORDLESS_LOGIN TOKEN_TTL TOKEN_EXPIRY TOKEN_EXPIRATION
TOKEN_URL TOKEN_ENDPOINT TOKEN_ISSUER TOKEN_AUDIENCE TOKEN_TABLE TOKEN_TABLE_NAME TOKEN_TYPE TOKEN_LIMIT TOKEN_COUNT TOKEN_BUCKET
TOKEN_HEADER TOKEN_COOKIE_NAME TOKEN_SECRET_ARN MAX_TOKENS MAXTOKENS MIN_TOKENS NUM_TOKENS OUTPUT_TOKENS INPUT_TOKENS TOKENS
STOP_TOKEN PAD_TOKEN EOS_TOKEN BOS_TOKEN UNK_TOKEN MASK_TOKEN SPECIAL_TOKEN CLIENT_TOKEN NEXT_TOKEN PAGE_TOKEN PAGINATION_TOKEN
CONTINUATION_TOKEN TASK_TOKEN CSRF_TOKEN IDEMPOTENCY_TOKEN API_KEY_ID API_KEY_ARN API_KEY_NAME API_KEY_HEADER API_KEY_SECRET_ARN
API_KEY_SOURCE API_KEY_REQUIRED API_KEY_PARAMETER API_KEY_SSM_PARAM apiKeyId apiKeySecretName ACCESS_KEY_ROTATION ACCESS_KEY_MAX_AGE
JWT_SIGNING_KEY_ID SIGNING_KEY_ID SIGNING_KEY_ARN ENCRYPTION_KEY_ARN ENCRYPTION_KEY_ID ENCRYPTION_KEY_ALIAS KMS_KEY KMS_KEY_ID KMS_KEY_ARN
kmsKeyId PUBLIC_KEY JWT_PUBLIC_KEY PUBLISHABLE_KEY STRIPE_PUBLISHABLE_KEY PRIMARY_KEY PARTITION_KEY SORT_KEY HASH_KEY_NAME RANGE_KEY
FOREIGN_KEY CACHE_KEY CACHE_KEY_PREFIX OBJECT_KEY S3_KEY S3_OBJECT_KEY BUCKET_KEY FILE_KEY STATE_KEY LOCK_KEY IDEMPOTENCY_KEY ROUTING_KEY
DEDUPE_KEY INSTRUMENTATION_KEY_NAME CONFIG_KEY FEATURE_KEY FLAG_KEY TAG_KEY METRIC_KEY LOOKUP_KEY GROUP_KEY KEY KEYS KEY_ID KEY_NAME
KEY_PREFIX KEY_ARN KEY_PAIR KEY_PAIR_NAME SSH_KEY_NAME EC2_KEY_NAME KEYPAIR KEYFILE KEY_PATH KEY_FILE TRANSLATION_KEY MESSAGE_KEY
CREDENTIALS_ARN CREDENTIALS_FILE GOOGLE_APPLICATION_CREDENTIALS_PATH CREDENTIALS_PROVIDER CREDENTIALS_TABLE CREDENTIAL_TYPE
CREDENTIALS_SECRET_NAME CREDENTIAL_SOURCE AUTH_URL AUTH_TYPE AUTH_MODE AUTHORIZER AUTHOR AUTHORITY AUTH_DOMAIN AUTH_PROVIDER
OAUTH_CLIENT_ID CLIENT_ID CLIENT_SECRET_ARN CLIENT_SECRET_NAME CLIENTSECRET_ARN COGNITO_CLIENT_ID USER_POOL_ID USERNAME DB_USER DB_USERNAME
DB_HOST DB_NAME DB_PORT DB_ENDPOINT DB_CLUSTER_ARN TABLE_NAME QUEUE_URL TOPIC_ARN BUCKET BUCKET_NAME REGION STAGE LOG_LEVEL NODE_ENV
NODE_OPTIONS PYTHONPATH HANDLER GIT_SHA COMMIT_SHA BUILD_ID REQUEST_ID ACCOUNT_ID APP_VERSION IMAGE_TAG IMAGE_DIGEST CHECKSUM ETAG
SENTRY_ENVIRONMENT SENTRY_RELEASE DD_SITE DD_SERVICE POWERTOOLS_SERVICE_NAME POWERTOOLS_METRICS_NAMESPACE AWS_LAMBDA_EXEC_WRAPPER
AWS_NODEJS_CONNECTION_REUSE_ENABLED FEATURE_FLAGS API_URL API_BASE_URL API_ENDPOINT WEBHOOK_URL WEBHOOK_PATH CALLBACK_URL REDIRECT_URI
SUBNET_IDS SECURITY_GROUP_ID VPC_ID CERTIFICATE_ARN CERT_ARN DOMAIN_NAME HOSTED_ZONE_ID STATE_MACHINE_ARN EVENT_BUS_NAME INDEX_NAME
passed PASSED passCount PASS_RATE passRate passFilter PASSAGE PASSAGES CLASSPASS_URL spassky HASSPASS_COUNT secretion secretly tokenized
tokenization detokenize keynote keystroke keyframe keychain_name hotkey_map turnkey_host SECRETS_REFRESH_SECONDS PWDUMP_PATH
""".split()  # noqa: SIM905

HARMLESS_VALUES = [
    ("DB_PASSWORD", ""), ("DB_PASSWORD", "<password>"), ("DB_PASSWORD", "${DB_PASSWORD}"), ("DB_PASSWORD", "$DB_PASSWORD"),
    ("DB_PASSWORD", "%DB_PASSWORD%"), ("DB_PASSWORD", "{{ db_password }}"), ("DB_PASSWORD", "********"), ("DB_PASSWORD", "xxxxxxxx"),
    ("DB_PASSWORD", "$(aws ssm get-parameter --name db)"), ("DB_PASSWORD", "REDACTED"), ("DB_PASSWORD", "null"),
    ("DB_PASSWORD", "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db"), ("DB_PASSWORD", "/prod/db/password"),
    ("DB_PASSWORD", "ssm:/prod/db"), ("DB_PASSWORD", "{{resolve:ssm-secure:db:1}}"), ("DB_PASSWORD", "your_password_here"),
    ("DB_PASSWORD", "replace-me"), ("DB_PASSWORD", "TODO"), ("DB_PASSWORD", "12345"), ("PASSWORD", "required"), ("PASSWORD", "string"),
    ("DB_SECRET", "prod/orders/db"), ("JWT_SECRET", "prod/jwt"), ("API_TOKEN", "shop/api/token"), ("API_KEY", "shop/keys/stripe"),
    ("TOKEN", "https://example.com/oauth/token"), ("SECRET", "https://vault.example.com/v1/secret"), ("TOKEN", "s3://bucket/token"),
    ("ENCRYPTION_KEY", "alias/orders"), ("ENCRYPTION_KEY", "0b7c1f0e-4f5a-4c1c-9f7e-2d8a1b3c4d5e"), ("SIGNING_KEY", "alias/aws/kms"),
    ("ENCRYPTION_KEY", "mrk-1234abcd12ab34cd56ef1234567890ab"), ("EOS_TOKEN", "</s>"), ("TOKEN", "[PAD]"), ("API_KEY", "false"),
    ("JDBC_URL", "jdbc:mysql://db.example.com/app?user=root&useSSL=true"), ("DSN", "host=db user=app dbname=shop sslmode=require"),
    ("DSN", "host=db user=app password=${DB_PASSWORD} dbname=shop"), ("DSN", "Server=db;Database=a;Trusted_Connection=True;"),
    ("STORAGE", "DefaultEndpointsProtocol=https;AccountName=shop;EndpointSuffix=core.windows.net"), ("URL", "https://x.example/?page=2&code=de"),
    ("URL", "https://x.example/cb?code=abcdef"), ("URL", "https://x.example/?key=orders"), ("URL", "https://x.example/search?q=password"),
    ("JAVA_OPTS", "-Xmx512m -Dspring.profiles.active=prod"), ("ARGS", "--token-ttl=3600 --password-file=/run/secrets/db"),
    ("OPTIONS", "token_timeout=3600;secret_name=shop"), ("TAGS", "team=payments,env=prod"), ("FILTER", "key=orders&sort=asc"),
    ("SHA", "55e7e7703f17c41f276caf8f1a1b744d674259f8"), ("DIGEST", "sha256:" + "ab12" * 16), ("HOOK", "https://hooks.example.com/orders"),
]  # fmt: skip


@pytest.mark.parametrize("name", SECRET_NAMES)
def test_the_value_of_such_a_name_is_a_secret(name: str) -> None:
    assert is_secret_text(name, "Kx83jd7QmzPt")


def test_names_that_only_sound_so_are_none() -> None:
    assert len(HARMLESS_NAMES) + len(HARMLESS_VALUES) >= 300
    assert [name for name in HARMLESS_NAMES if is_secret_text(name, "Kx83jd7QmzPt")] == []


@pytest.mark.parametrize(("name", "value"), HARMLESS_VALUES)
def test_such_a_value_is_no_secret(name: str, value: str) -> None:
    assert not is_secret_text(name, value) and find_credential_kind(value) is None


@pytest.mark.parametrize(
    "value",
    [
        "host=db.example.com user=app password=Passw0rd1 dbname=shop",
        "jdbc:postgresql://db.example.com/app?user=app&password=Passw0rd1",
        "jdbc:sqlserver://db:1433;databaseName=a;user=sa;password=Passw0rd1;encrypt=true",
        "Server=tcp:db.example.com,1433;User ID=sa;Password=Passw0rd1;Encrypt=True",
        "Server=db;Uid=app;Pwd=Passw0rd1;",
        "https://api.example.com/hook?token=Kx83jd7QmzPt",
        "https://api.example.com/hook?api_key=Kx83jd7QmzPt",
        "https://shop.azurewebsites.net/api/f?code=Kx83jd7QmzPtKx83jd7QmzPtKx83jd7Q",
        "-Djavax.net.ssl.keyStorePassword=Passw0rd1",
    ],
)
def test_a_secret_inside_a_value_counts_whatever_its_name(value: str) -> None:
    assert is_secret_text("SETTING", value)


A, D = "aB3dE5fG7hJ9kL1mN3pQ5rS7", "0123456789"
# Each in parts, so that no scanner takes this file for a leak.
SHAPES = [
    ("slack webhook", "https://hooks.slack.com/" + "services/T0AB1CD2E/B0AB1CD2E/" + A),
    ("slack webhook", "https://hooks.slack.com/" + "workflows/T0AB1CD2E/A0AB1CD2E/1234/" + A),
    ("teams webhook", "https://contoso.webhook.office.com/" + "webhookb2/3d0c7f52-9b1e-4f6a-8a2b-6f1f0e5d4c3b@0b9a8c7d-6e5f-4a3b-9c2d-1e0f9a8b7c6d"
     "/IncomingWebhook/a1b2c3d4e5f60718293a4b5c6d7e8f90/5e4d3c2b"),
    ("discord webhook", "https://discord.com/api/" + "webhooks/1184930571840372736/" + A * 3),
    ("telegram token", "https://api.telegram.org/" + "bot123456789:" + A + A),
    ("signed url", "https://prod-01.westeurope.logic.azure.com:443/".replace(":443", "") + "w/a?sp=x&sv=1.0&sig=" + A + A),
    ("azure account key", "DefaultEndpointsProtocol=https;AccountName=shop;" + "AccountKey=" + A * 3 + "=="),
    ("azure shared key", "Endpoint=sb://shop.servicebus.windows.net/;SharedAccessKeyName=Root;" + "SharedAccessKey=" + A * 2 + "="),
    ("gitlab token", "glpat-" + A), ("gitlab token", "gldt-" + A), ("gitlab token", "glrt-" + A), ("npm token", "npm_" + A + A[:12]),
    ("sendgrid key", "SG." + A[:22] + "." + A + A[:19]), ("twilio key", "SK" + "0a1b2c3d" * 4), ("stripe key", "sk_test_" + A),
    ("stripe webhook secret", "whsec_" + A + A), ("pypi token", "pypi-" + "AgE" + A * 3), ("huggingface token", "hf_" + "aBcDeFgHiJkLmNoPq" * 2),
    ("shopify token", "shpat_" + "0a1b2c3d" * 4), ("digitalocean token", "dop_v1_" + "0a1b2c3d" * 8), ("databricks token", "dapi" + "0a1b2c3d" * 4),
    ("vault token", "hvs." + A), ("docker token", "dckr_pat_" + A), ("groq key", "gsk_" + A * 2 + "abcd"), ("figma token", "figd_" + A * 2),
    ("linear key", "lin_api_" + A + A[:16]), ("notion token", "ntn_" + D + "1" + A + A[:11]), ("grafana token", "glsa_" + A + A[:8] + "_0a1b2c3d"),
    ("new relic key", "NRAK-" + "ABCDEFGHIJKLMNOPQRSTUVWXYZ1"), ("atlassian token", "ATATT3" + A * 5), ("mailgun key", "key-" + "0a1b2c3d" * 4),
    ("azure client secret", "abc8" + "Q~" + A + A[:8]), ("google client secret", "GOCSPX-" + A + "abcd"), ("bedrock key", "ABSK" + A * 5),
    ("private key", "LS0tLS1CRUdJTi" + "BSU0EgUFJJVkFURSBLRVktLS0tLQ"), ("age key", "AGE-SECRET-KEY-1" + "A1" * 29),
    ("planetscale password", "pscale_pw_" + A * 2), ("postman key", "PMAK-" + "0a1b2c3d" * 3 + "-" + "0a1b2c3d" * 4 + "ab"),
    ("sentry token", "sntryu_" + "0a1b2c3d" * 8), ("pulumi token", "pul-" + "0a1b2c3d" * 5), ("rubygems key", "rubygems_" + "0a1b2c3d" * 6),
    ("terraform token", "aB3dE5fG7hJ9kL" + ".atlasv1." + A * 3), ("dynatrace token", "dt0c01." + A + "." + A * 2 + A[:16]),
    ("square token", "sq0atp-" + A), ("brevo key", "xkeysib-" + "0a1b2c3d" * 8), ("slack token", "xapp-1-A0AB1CD2E-12345678901-" + A.lower()),
    ("perplexity key", "pplx-" + A * 2), ("grafana token", "glc_" + A * 2), ("gitlab token", "glptt-" + "0a1b2c3d" * 5),
    ("gitlab token", "gloas-" + A * 2 + A[:16]),
    ("google chat webhook", "https://chat.googleapis.com/" + "v1/spaces/AAAA/messages?key=" + "a1b2c3d4e5" * 3 + "&token=" + A),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "text"), SHAPES)
def test_a_shape_is_known_and_hidden(kind: str, text: str) -> None:
    assert find_credential_kind(f"curl {text} ") == kind
    assert text not in hide_credentials(f"curl {text} ")


def test_the_fillers_of_examples_are_no_credentials() -> None:
    assert find_credential_kind("https://hooks.slack.com/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX") is None
    assert find_credential_kind("https://hooks.slack.com/services/{{team}}/{{channel}}/{{key}}") is None
