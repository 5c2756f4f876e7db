/** Ways to break the rules on data and on access to it. The first way of each rule is also tried with the real CLI. */
import { type Break, breaks, stackBreak } from "./break.ts";
import { resource } from "./fixtures.ts";
import { type Sent, UNKNOWN, urnOf } from "./pack.ts";

const grants = (principal: string, ...privileges: string[]): Record<string, unknown> => ({
  grants: [{ principal, privileges }],
});
const SELECT = "SELECT";
const RETENTION_CHECK = "spark.databricks.delta.retentionDurationCheck.enabled";
const task = (kind: object): Record<string, unknown> => ({ tasks: [{ taskKey: "a", maxRetries: 1, ...kind }] });
const levels = { jobId: undefined, accessControls: [{ groupName: "data-engineers", permissionLevel: "CAN_VIEW" }] };
const schema = resource("Schema");
const table: Sent = {
  type: "SqlTable",
  name: "the-table",
  protect: true,
  props: { catalogName: "sales", schemaName: "s", name: "t" },
};
/** Grants on a resource whose id is not known yet. */
const grantsOn = (kind: string, on: Sent, name: string): Sent => ({
  ...resource("Grants", { catalog: undefined, [kind]: UNKNOWN }, name),
  dependencies: { [kind]: [urnOf(on)] },
});

const masking = (...matchColumns: Record<string, unknown>[]): Sent => resource("PolicyInfo", { matchColumns });

export const dataBreaks: readonly Break[] = [
  ...breaks("uc-name-convention", "name", [
    ["upper case", "Catalog", { name: "Sales" }],
    ["the random suffix of a name that Pulumi made", "Schema", { name: "bronze-1a2b3c4" }],
    ["a leading digit", "Volume", { name: "2024" }],
    ["too long a name", "Catalog", { name: "a".repeat(64) }],
    ["a second line", "Catalog", { name: "sales\nprod" }],
    ["no name", "Catalog", { name: undefined }],
    ["a number", "Catalog", { name: 2024 }],
  ]),
  ...breaks("uc-require-comment", "comment", [
    ["no comment", "Catalog", { comment: undefined }],
    ["a comment of spaces", "Schema", { comment: "               " }],
    ["a short comment", "Volume", { comment: "files" }],
    ["a comment that says nothing", "Catalog", { comment: "TODO TODO TODO" }],
    ["another", "Schema", { comment: "n/a n/a n/a n/a" }],
    ["one character again and again", "Volume", { comment: "xxxxxxxxxxxx" }],
    ["a comment that nobody sees", "Volume", { comment: `files${"\u200b".repeat(10)}` }],
    ["no comment on a model", "RegisteredModel", { comment: "" }],
  ]),
  ...breaks("catalog-require-isolation", "isolationMode", [
    ["an open catalog", "Catalog", { isolationMode: "OPEN" }],
    ["the default, which is open", "Catalog", { isolationMode: undefined }],
  ]),
  ...breaks("uc-forbid-force-destroy", "forceDestroy", [
    ["a catalog that goes with its contents", "Catalog", { forceDestroy: true }],
    ["the same as text", "Schema", { forceDestroy: "True" }],
    ["an external location", "ExternalLocation", { forceDestroy: true }],
    ["a storage credential", "StorageCredential", { forceDestroy: true }],
    ["a credential", "Credential", { forceDestroy: true }],
  ]),
  ...["Catalog", "Schema", "Volume", "Pipeline", "RegisteredModel", "DatabaseInstance", "PostgresProject"].map(
    (type): Break => ({
      rule: "uc-require-protection",
      what: `an unprotected ${type.toLowerCase()}`,
      property: "the option protect",
      resources: [{ ...resource(type), protect: false }],
    }),
  ),
  ...breaks("volume-prefer-managed", "volumeType", [
    ["an external volume", "Volume", { volumeType: "EXTERNAL", storageLocation: "s3://elsewhere/files" }],
    ["an external volume without a location", "Volume", { volumeType: "external" }],
  ]),
  ...breaks("grant-forbid-everyone", "principal", [
    ["all users of the account", "Grants", grants("account users", SELECT)],
    ["in other case and spaces", "Grants", grants(" Account  USERS ", SELECT)],
    ["in backquotes", "Grants", grants("`account users`", SELECT)],
    ["with an invisible character", "Grants", grants("account\u200b users", SELECT)],
    ["with another", "Grants", grants("account \u2061users", SELECT)],
    ["the workspace's users, in a Grant", "Grant", { principal: "users" }],
    ["the users of a workspace, by their own group", "Grant", { principal: "_workspace_users_workspace_42" }],
    ["BROWSE and more", "Grants", grants("account users", "BROWSE", SELECT)],
  ]),
  ...breaks("grant-forbid-all-privileges", "privileges", [
    ["everything", "Grants", grants("platform-admins", "ALL_PRIVILEGES")],
    ["with a space, in lower case", "Grants", grants("platform-admins", "all privileges")],
    ["with a hyphen", "Grants", grants("platform-admins", "All-Privileges")],
    ["without anything between", "Grants", grants("platform-admins", "ALLPRIVILEGES")],
    ["in one text with another", "Grants", grants("platform-admins", "SELECT, ALL PRIVILEGES")],
    ["on a line of its own", "Grants", grants("platform-admins", "SELECT\nALL PRIVILEGES")],
    ["after a semicolon", "Grants", grants("platform-admins", "SELECT; all privileges")],
    ["ALL alone", "Grant", { privileges: ["all"] }],
  ]),
  ...breaks("grant-restrict-manage", "privileges", [
    ["MANAGE for a team", "Grants", grants("analysts", "MANAGE")],
    ["in lower case and quotes", "Grants", grants("analysts", " `manage` ")],
    ["among others, in a Grant", "Grant", { principal: "analysts", privileges: ["SELECT", "MANAGE"] }],
  ]),
  ...breaks("grant-require-groups", "principal", [
    ["a person", "Grants", grants("someone@example.com", SELECT)],
    ["a person in a Grant", "Grant", { principal: "`Someone@Example.com`" }],
  ]),
  stackBreak("grant-require-groups", "an unknown service principal", "principal", [
    resource("Grants", grants("10000000-0000-4000-8000-00000000000A", SELECT)),
    resource("ServicePrincipal"),
  ]),
  stackBreak("grant-require-groups", "a person that the program makes", "principal", [
    resource("User", { userName: UNKNOWN }),
    { ...resource("Grants", grants(UNKNOWN, SELECT)), dependencies: { grants: [urnOf(resource("User"))] } },
  ]),
  stackBreak(
    "grant-restrict-manage",
    "a service principal that the program makes, under no admin's name",
    "privileges",
    [
      resource("ServicePrincipal", { applicationId: UNKNOWN }),
      {
        ...resource("Grants", grants(UNKNOWN, "MANAGE")),
        dependencies: { grants: [urnOf(resource("ServicePrincipal"))] },
      },
    ],
  ),
  stackBreak("grant-single-owner", "two Grants on one catalog", "the securable", [
    resource("Grants"),
    resource("Grants", { catalog: "`SALES`" }, "second"),
  ]),
  stackBreak("grant-single-owner", "a Grant beside a Grants", "the securable", [
    resource("Grant", {}, "first"),
    resource("Grants", { catalog: undefined, schema: "Sales.silver" }),
  ]),
  stackBreak("grant-single-owner", "two Grant for one principal", "the securable", [
    resource("Grant", {}, "first"),
    resource("Grant", { principal: "Analysts" }, "second"),
  ]),
  stackBreak("grant-single-owner", "a name beside an id that is not known yet", "the securable", [
    schema,
    {
      ...resource("Grants", { catalog: undefined, schema: "sales.bronze" }, "by-name"),
      dependencies: { schema: [urnOf(schema)] },
    },
    {
      ...resource("Grants", { catalog: undefined, schema: UNKNOWN }, "by-id"),
      dependencies: { schema: [urnOf(schema)] },
    },
  ]),
  stackBreak("grant-single-owner", "two ids of one table that are not known yet", "the securable", [
    table,
    ...["one", "two"].map((name) => grantsOn("table", table, name)),
  ]),
  stackBreak("grant-single-owner", "a written name beside an id that is not known yet", "the securable", [
    schema,
    grantsOn("schema", schema, "by-id"),
    resource("Grants", { catalog: undefined, schema: "sales.bronze" }, "by-name"),
  ]),
  stackBreak("grant-single-owner", "a Grant beside the Grants that comes later", "the securable", [
    ...["a", "b"].map((principal) => resource("Grant", { principal }, `for-${principal}`)),
    resource("Grants", { catalog: undefined, schema: "sales.silver" }),
  ]),
  ...breaks("external-location-safe", "readOnly", [
    ["a landing place that may be written", "ExternalLocation", { name: "landing", readOnly: false }],
    ["the same by default", "ExternalLocation", { name: "landing", readOnly: undefined }],
  ]),
  ...breaks("external-location-safe", "skipValidation", [
    ["an unchecked location", "ExternalLocation", { skipValidation: true }],
  ]),
  ...breaks("external-location-narrow", "url", [
    ["a bucket", "ExternalLocation", { url: "s3://landing" }],
    ["a bucket with a slash", "ExternalLocation", { url: "S3://landing//" }],
    ["a container", "ExternalLocation", { url: "abfss://landing@acme.dfs.core.windows.net/" }],
    ["a folder and back", "ExternalLocation", { url: "s3://landing/in/.." }],
  ]),
  ...breaks(
    "grant-restrict-external-use",
    "privileges",
    [
      [
        "files of a schema's tables",
        "Grants",
        { catalog: undefined, schema: "sales.gold", ...grants("analysts", "EXTERNAL_USE_SCHEMA") },
      ],
      [
        "files of a location, in words",
        "Grant",
        { schema: undefined, externalLocation: "landing", privileges: ["external use location"] },
      ],
    ],
    ["principal"],
  ),
  ...breaks("data-keep-history", "fullRefresh", [
    ["every run from the beginning", "Job", task({ pipelineTask: { pipelineId: "p", fullRefresh: true } })],
    [
      "the same in a loop",
      "Job",
      task({
        forEachTask: {
          inputs: "[1]",
          task: { taskKey: "b", maxRetries: 1, pipelineTask: { pipelineId: "p", fullRefresh: "true" } },
        },
      }),
    ],
  ]),
  ...breaks("data-keep-history", "retentionDurationCheck.enabled", [
    ["VACUUM of anything", "Pipeline", { configuration: { [RETENTION_CHECK]: "false" } }],
    ["the same on a cluster", "Cluster", { sparkConf: { [RETENTION_CHECK]: false } }],
    [
      "the same on a job's cluster",
      "Job",
      {
        jobClusters: [
          {
            jobClusterKey: "c",
            newCluster: {
              policyId: "p",
              numWorkers: 1,
              dataSecurityMode: "SINGLE_USER",
              enableLocalDiskEncryption: true,
              sparkConf: { [RETENTION_CHECK]: "FALSE" },
            },
          },
        ],
      },
    ],
  ]),
  ...breaks("data-keep-history", "RetentionDuration", [
    [
      "removed files gone at once",
      "SqlTable",
      { properties: { "delta.deletedFileRetentionDuration": "interval 0 hours" } },
    ],
    ["a log of a day", "SqlTable", { properties: { "delta.logRetentionDuration": "1 day" } }],
  ]),
  stackBreak("permissions-single-owner", "two lists of one pipeline", "pipelineId", [
    ...["one", "two"].map((name) => resource("Permissions", { ...levels, pipelineId: "p" }, name)),
  ]),
  stackBreak("permissions-single-owner", "two lists of a pipeline that is not known yet", "pipelineId", [
    resource("Pipeline"),
    ...["one", "two"].map((name) => ({
      ...resource("Permissions", { ...levels, pipelineId: UNKNOWN }, name),
      dependencies: { pipelineId: [urnOf(resource("Pipeline"))] },
    })),
  ]),
  ...breaks(
    "grant-restrict-sharing",
    "privileges",
    [
      ["shares", "Grants", { catalog: undefined, metastore: "m", ...grants("analysts", "CREATE_SHARE") }],
      ["recipients, in words", "Grant", { schema: undefined, metastore: "m", privileges: ["create recipient"] }],
    ],
    ["principal"],
  ),
  ...breaks(
    "grant-forbid-credential-use",
    "privileges",
    [
      [
        "files by a credential",
        "Grants",
        { catalog: undefined, storageCredential: "reader", ...grants("analysts", "READ_FILES") },
      ],
      [
        "tables by a credential",
        "Grant",
        { schema: undefined, storageCredential: "reader", privileges: ["CREATE EXTERNAL TABLE"] },
      ],
    ],
    ["storageCredential"],
  ),
  ...breaks("grant-forbid-credential-use", "storageCredentialName", [
    ["a table with a credential", "SqlTable", { storageCredentialName: "reader" }],
  ]),
  ...breaks("external-location-safe", "fallback", [["a fallback", "ExternalLocation", { fallback: "true" }]]),
  ...breaks("token-bound-lifetime", "lifetimeSeconds", [
    ["a token for ever", "Token", { lifetimeSeconds: undefined }],
    ["a token of 91 days", "OboToken", { lifetimeSeconds: 91 * 86400 }],
    ["zero", "Token", { lifetimeSeconds: 0 }],
    ["a negative lifetime as text", "Token", { lifetimeSeconds: "-1" }],
  ]),
  ...breaks("secret-scope-acl", "initialManagePrincipal", [
    ["a scope that everyone manages", "SecretScope", { initialManagePrincipal: "users" }],
    ["in upper case", "SecretScope", { initialManagePrincipal: " Users " }],
  ]),
  ...breaks("secret-scope-acl", "principal", [
    ["an ACL by which everyone manages", "SecretAcl", { principal: "users", permission: "manage" }],
    ["an ACL by which everyone reads", "SecretAcl", { principal: "account users" }],
  ]),
  ...breaks(
    "ip-list-bounded",
    "ipAddresses",
    [
      ["every address", "IpAccessList", { ipAddresses: ["0.0.0.0/0"] }],
      ["every IPv6 address", "IpAccessList", { ipAddresses: ["203.0.113.0/24", "::/0"] }],
      ["two halves", "IpAccessList", { ipAddresses: ["128.0.0.0/1", "0.0.0.0/1"] }],
      ["all but a little", "IpAccessList", { ipAddresses: ["0.0.0.0/1", "128.0.0.0/2", "192.0.0.0/3"] }],
      ["IPv4 written as IPv6", "IpAccessList", { ipAddresses: ["::ffff:0.0.0.0/96"] }],
      ["host bits set", "IpAccessList", { ipAddresses: ["203.0.113.7/0"] }],
    ],
    ["listType"],
  ),
  ...breaks(
    "recipient-bounded",
    "expirationTime",
    [["a token that never expires", "Recipient", { expirationTime: undefined }]],
    ["authenticationType"],
  ),
  ...breaks(
    "recipient-bounded",
    "ipAccessList",
    [
      ["no list of addresses", "Recipient", { ipAccessList: undefined }],
      ["an empty list", "Recipient", { ipAccessList: { allowedIpAddresses: [] } }],
      ["a list of nothing", "Recipient", { ipAccessList: { allowedIpAddresses: [" "] } }],
      ["no list, with spaces", "Recipient", { authenticationType: " token ", ipAccessList: undefined }],
      ["the whole internet", "Recipient", { ipAccessList: { allowedIpAddresses: ["0.0.0.0/0"] } }],
    ],
    ["authenticationType"],
  ),
  ...(
    [
      ["no mask at all", []],
      ["a mask on another catalog", [resource("PolicyInfo", { onSecurableFullname: "sales2" })]],
      ["a mask for another tag", [resource("PolicyInfo", { matchColumns: [{ condition: "has_tag('secret')" }] })]],
      [
        "a mask for another value",
        [resource("PolicyInfo", { matchColumns: [{ condition: "has_tag_value('pii', 'phone')" }] })],
      ],
      ["a mask where the tag is not", [masking({ condition: "NOT (has_tag('pii'))" })]],
      ["a mask where the tag is not, for short", [masking({ condition: "!hasTag('pii')" })]],
      ["a mask for the tag in other case", [masking({ condition: "has_tag('PII')" })]],
      [
        "a mask of the column beside",
        [masking({ alias: "c", condition: "has_tag('secret')" }, { alias: "p", condition: "has_tag('pii')" })],
      ],
      ["a filter of rows", [resource("PolicyInfo", { policyType: "POLICY_TYPE_ROW_FILTER" })]],
      ["a mask for a few", [resource("PolicyInfo", { toPrincipals: ["interns"] })]],
    ] as const
  ).map(([what, masks]) =>
    stackBreak("pii-require-mask", what, "entityName", [resource("EntityTagAssignment"), ...masks]),
  ),
  stackBreak("pii-require-mask", "a mask for a value that the tag does not have", "entityName", [
    resource("EntityTagAssignment", { tagValue: undefined }),
    masking({ condition: "has_tag_value('pii', 'phone')" }),
  ]),
];
