/**
 * Names with values, harmless ones and secrets. Random values come from a generator with a fixed seed; nothing here opens anything.
 */
import { Buffer } from "node:buffer";

export type Literal = readonly [name: string, value: string];

/** mulberry32: the same values at every run. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
const next = generator(26);
const HEX = "0123456789abcdef";
const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const UPPER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const random = (length: number, of = LETTERS): string =>
  Array.from({ length }, () => of[Math.floor(next() * of.length)]).join("");
const pairs = (names: string, values: readonly string[]): Literal[] =>
  names.split(/\s+/).flatMap((name) => values.map((value): Literal => [name, value]));
const lines = (text: string): Literal[] =>
  text
    .trim()
    .split("\n")
    .map((line) => {
      const [, name, value] = /^\s*(\S+)\s+(.*)$/.exec(line)!;
      return [name!, value!];
    });

const REFERENCES = [
  "{{secrets/ingest/erp}}",
  " {{ secrets/ingest/erp }} ",
  "${DB_PASSWORD}",
  "$ERP_SECRET",
  "<your value>",
  "********",
  "arn:aws:secretsmanager:eu-west-1:123456789012:secret:erp-AbCdEf",
  "projects/acme/secrets/erp/versions/1",
  "https://acme.vault.azure.net/secrets/erp",
  "vault:kv/data/erp#password",
  "op://infra/erp/password",
  "ssm:/prod/erp/password",
  "/run/secrets/erp",
  "/Volumes/sales/ops/keys/erp.pem",
  "{{job.parameters.token}}",
  "${secret.erp}",
  "true",
  "none",
];

export const HARMLESS: readonly Literal[] = [
  ...pairs("password client_secret api.key DB_PASS access_token spark.auth.secret", REFERENCES),
  // words as parts of other words, and counted or limited things
  ...lines(`
    tokenizer                     words
    tokenizer.path                bert-base-uncased
    detokenize                    per-batch
    token_bucket_size             5000
    token_bucket_refill           100
    max_tokens                    4096
    maxTokens                     4096
    max_output_tokens             1024
    context_tokens                128000
    prompt_tokens_limit           8000
    tokens_per_minute             60000
    num_tokens                    512
    token_expiry_days             30
    token_ttl                     3600
    token_lifetime_seconds        86400
    tokenLifetimeDays             90
    token_refresh_interval        15m
    token_rotation_enabled        true
    token_type                    Bearer
    token_header                  X-Auth-Token
    token_endpoint                https://login.example.com/oauth2/v2.0/token
    token_url                     https://login.example.com/oauth/token
    token_provider                azure-ad
    token_provider_class          org.example.auth.ClientCredsTokenProvider
    token_audience                api://databricks
    eos_token                     </s>
    bos_token                     <s>
    pad_token                     [PAD]
    unk_token                     [UNK]
    sep_token                     [SEP]
    mask_token                    [MASK]
    stop_token                    END
    special_tokens                <a>,<b>
    next_page_token               page2
    continuation_token            none
    idempotency_token             run-2026-11-29
    first_pass                    bronze
    second_pass                   silver
    single_pass                   yes
    multi_pass                    on
    bypass                        cache
    bypass_cache                  false
    compass_heading               north
    passenger_count               4
    passport_country              DE
    boarding_pass                 mobile
    pass_rate                     0.98
    pass_threshold                0.9
    low_pass                      20Hz
    surpass                       target
    password_policy               strong
    password_min_length           14
    password_max_age_days         90
    password_history              24
    password_reset_url            https://id.example.com/reset
    password_field                pwd
    password_column               pw_hash
    password_key                  erp-password
    password_scope                ingest
    password_secret_name          erp-password
    password_file                 /Volumes/sales/ops/keys/erp.txt
    password_provider             vault
    password_required             yes
    password_hint                 asked at login
    passwordless                  true
    pwd_scope                     ingest
    secret_scope                  ingest
    secret.scope                  ingest
    secretScope                   ingest
    secret_name                   erp-password
    secret_key_name               erp-password
    secret_key_ref                erp-password
    secret_ref                    ingest/erp-password
    secret_id                     erp-password
    secret_arn                    arn:aws:secretsmanager:eu-west-1:123456789012:secret:erp-AbCdEf
    secrets_arn                   arn:aws:secretsmanager:eu-west-1:123456789012:secret:erp-AbCdEf
    secret_path                   kv/data/erp
    secret_version                3
    secret_store                  azure-key-vault
    secret_backend                DATABRICKS
    secret_manager_project        acme-prod
    secret_rotation_days          30
    secret_provider               aws
    secrets_enabled               true
    secretary                     anna
    top_secret_label              restricted
    secret_santa                  december
    client_secret_scope           ingest
    client_secret_key             sp-client
    client_secret_name            sp-client
    storage_credential            landing_reader
    storage_credential_name       landing_reader
    storageCredential             landing_reader
    service_credential            s3_writer
    service_credential_name       s3_writer
    credential                    landing_reader
    credential_name               landing_reader
    credentials_provider          com.amazonaws.auth.InstanceProfileCredentialsProvider
    fs.s3a.aws.credentials.provider com.amazonaws.auth.InstanceProfileCredentialsProvider
    credential_type               managed_identity
    credentials_mode              passthrough
    credential_passthrough        false
    encryption_key_alias          alias/lake
    encryption_key_id             1234abcd-12ab-34cd-56ef-1234567890ab
    encryption_key_arn            arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab
    encryption_key_version        2
    encryption_key_vault          https://acme.vault.azure.net/keys/lake
    kms_key_id                    alias/lake
    api_key_id                    ABC123
    api_key_header                X-Api-Key
    api_key_name                  geo-service
    api_key_scope                 ingest
    api_key_required              true
    access_key_id_field           key_id
    private_key_path              /Volumes/sales/ops/keys/x.pem
    private_key_file              /Volumes/sales/ops/keys/x.pem
    private_key_alias             signing-2026
    ssh_key_path                  /Workspace/apps/keys/id.pub
    public_key                    age1qyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqszqgpqyqs3290gq
    primary_key                   order_id
    primary_keys                  order_id,line
    foreign_key                   customer_id
    partition_key                 country
    sort_key                      order_date
    merge_key                     order_id
    business_key                  customer_unique_id
    surrogate_key                 customer_sk
    natural_key                   sku
    cache_key                     orders-v2
    dedup_key                     order_id
    key                           order_id
    key_column                    order_id
    hash_keys                     a,b
    row_key                       k1
    join_keys                     customer_id
    keyboard                      qwertz
    monkey                        banana
    turkey                        istanbul
    keystore_type                 PKCS12
    keystore_location             /Volumes/sales/ops/keys/store.p12
    keystore_alias                ingest
    keyspace                      sales
    author                        anna
    authorization_mode            rbac
    authorization_url             https://login.example.com/authorize
    auth_type                     oauth-m2m
    auth_method                   token
    auth.provider                 oauth
    oauth_scopes                  all-apis
    pat_expiry_days               30
    path                          /Volumes/sales/bronze/landing
    pattern                       orders_*.csv
    patient_id                    p-1
    patch                         3
    data_pat                      weekly
    pw_reset_days                 30
    spam                          filter
    credit                        30
    sas_token_scope               ingest
    sas_url_ttl_minutes           60
    sasl.mechanism                PLAIN
    kafka.sasl.mechanism          OAUTHBEARER
    kafka.security.protocol       SASL_SSL
    signature_version             v4
    signing_key_id                k-2026-11
    session_id                    3f2504e0-4f89-11d3-9a0c-0305e82c3301
    run_id                        3f2504e0-4f89-11d3-9a0c-0305e82c3301
    commit                        ${random(40, HEX)}
    checksum                      ${random(64, HEX)}
    etag                          ${random(32, HEX)}
    tenant_id                     3f2504e0-4f89-11d3-9a0c-0305e82c3301
    client_id                     3f2504e0-4f89-11d3-9a0c-0305e82c3301
    build                         ${random(24)}
    model                         databricks-meta-llama-3-3-70b-instruct
    spark.databricks.delta.preview.enabled true
    spark.sql.shuffle.partitions  200
    jdbc_url                      jdbc:postgresql://db.example.com:5432/sales
    jdbc.url                      jdbc:sqlserver://db.example:1433;user=me@tenant;database=x
    mongo_uri                     mongodb://db.example.com:27017/sales
    redis                         redis://cache.example.com:6379/0
    git_url                       https://git.example.com/acme/etl.git
    mail                          ops@example.com
    owner                         data-platform@example.com
    image                         registry.example.com/etl:1.2.3
    s3                            s3://acme-landing/orders/2026
    abfss                         abfss://landing@acme.dfs.core.windows.net/orders
    webhook_id                    3f2504e0-4f89-11d3-9a0c-0305e82c3301
    schedule                      0 0 5 * * ?
    table                         sales.silver.password_resets
    topic                         token-events
    query                         SELECT count(*) FROM sales.silver.tokens
    column_mask                   sales.ops.mask_token
    secret                        erp-password
    secret                        ingest/erp
    token                         erp-token
    token                         kafka-prod
    pat                           ci-token
    credentials                   default
    api_version                   2024-10-01-preview
    basic_auth_enabled            true
    url_with_variable             jdbc:postgresql://me:\${DB_PASSWORD}@db/x
    url_with_reference            jdbc:postgresql://me:{{secrets/a/b}}@db/x
  `),
];

const MADE_UP = ["hunter2", "Summer2026!", "s3cr3t-and-more", "letmein123", "P@ssw0rd"];
const drawn = (count: number, length = 32): string[] => Array.from({ length: count }, () => random(length));

/** Forms of issuers, with random contents. */
const FORMS: readonly (() => string)[] = [
  () => `dapi${random(32, HEX)}`,
  () => `dose${random(32, HEX)}`,
  () => `AKIA${random(16, UPPER)}`,
  () => `ASIA${random(16, UPPER)}`,
  () => `ghp_${random(36)}`,
  () => `gho_${random(36)}`,
  () => `github_pat_${random(60)}`,
  () => `glpat-${random(20)}`,
  () => `xoxb-${random(12, "0123456789")}-${random(24)}`,
  () => `hf_${random(34)}`,
  () => `npm_${random(36)}`,
  () => `pypi-AgE${random(40)}`,
  () => `sk-ant-${random(40)}`,
  () => `sk-proj-${random(40)}`,
  () => `sk-${random(48)}`,
  () => `AIza${random(35)}`,
  () => `GOCSPX-${random(28)}`,
  () => `rk_live_${random(24)}`,
  () => `SG.${random(22)}.${random(43)}`,
  () => `hvs.${random(24)}`,
  () => `dop_v1_${random(64, HEX)}`,
  () => `pul-${random(40, HEX)}`,
  () => `${random(3)}8Q~${random(34)}`,
  () => `eyJ${random(20)}.eyJ${random(40)}.${random(30)}`,
  () => `https://hooks.slack.com/services/T${random(8, UPPER)}/B${random(8, UPPER)}/${random(24)}`,
  () => `Bearer ${random(20)}7${random(20)}`,
  () => `DefaultEndpointsProtocol=https;AccountName=x;AccountKey=${random(86)}==`,
  () => `Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=r;SharedAccessKey=${random(43)}=`,
  () => `https://x.blob.core.windows.net/c?sv=2024&sig=${random(43)}%3D`,
  () => `jdbc:postgresql://me:${random(12)}@db.example.com/x`,
  () => `jdbc:sqlserver://db.example.com:1433;user=me;password=${random(12)}`,
  () => `mongodb+srv://app:${random(12)}@cluster.example.com/x`,
  () => `-----BEGIN RSA PRIVATE KEY-----\n${random(64)}\n-----END RSA PRIVATE KEY-----`,
];

export const HARMFUL: readonly Literal[] = [
  // surely a secret's name, whatever the value
  ...pairs(
    `password db.password DB_PASSWORD dbPassword erp-passwd pwd passphrase smtp_pass dbPass client_secret clientSecret
     api_key apiKey x-api-key access_key account_key private_key signing_key hmac_key ssh_key spark.db.password`,
    MADE_UP,
  ),
  // maybe a secret's name: the value decides
  ...pairs(
    "token auth_token access_token secret spark.app.secret credential pat secret_key aws_secret_key encryption_key",
    [...drawn(2), ...drawn(1, 40), "hunter2-and-9-more"],
  ).filter(([, value]) => value.length > 20 || /\d-/.test(value)),
  // a known form under any name, also one that speaks of a secret
  ...FORMS.flatMap((form): Literal[] => [
    ["endpoint", form()],
    ["token_bucket_size", form()],
    ["note", `see ${form()} in the wiki`],
  ]),
  // random values under names that speak of a secret
  ...pairs("secret_name password_key token_value_ref secret_id token_hint", drawn(3, 40)),
  // in JSON, in JSON in JSON, as a pair
  ...MADE_UP.flatMap((value): Literal[] => [
    ["options", JSON.stringify({ auth: { client_secret: value } })],
    ["options", JSON.stringify({ a: JSON.stringify({ password: value }) })],
    ["options", JSON.stringify([{ key: "password", value }])],
    ["args", `--user=me --password=${value.replace(/\s/g, "")}`],
    ["java", `-Xmx1g -Djavax.net.ssl.keyStorePassword=${value}`],
  ]),
  // half a reference
  ["password", "{{secrets/a/b}}x"],
  ["token", "{{secrets/a/b}}x"],
  ["db.password", "x{{secrets/a/b}}y"],
  // encoded
  ["x", Buffer.from(`dapi${random(32, HEX)}`).toString("base64")],
  ["x", Buffer.from(`{"token":"ghp_${random(36)}"}`).toString("base64")],
  // spelled so that a reader does not see it
  ["pass\u200bword", "hunter2"],
  ["PASSWORD", "hunter2"],
  ["ｐａｓｓｗｏｒｄ", "hunter2"],
  ["Pass Word_db.Password", "hunter2"],
  ["fs.azure.account.key.acme.dfs.core.windows.net", "abc"],
];
