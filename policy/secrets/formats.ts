/** Forms of well-known credentials: a text that has one is a secret wherever it stands. Prefixes as their issuers document them. */

const CREDENTIALS: readonly (readonly [what: string, form: RegExp])[] = [
  ["a Databricks token", /(?<![A-Za-z0-9])(dapi|dose|dkea|dsapi)[0-9a-f]{32}(?![0-9a-f])/i],
  ["an AWS access key", /(?<![A-Z0-9])(AKIA|ASIA)[0-9A-Z]{16}(?![0-9A-Z])/],
  ["a GitHub token", /(?<![A-Za-z0-9])(gh[pousr]_[A-Za-z0-9]{30,}|github_pat_[A-Za-z0-9_]{30,})/],
  ["a private key", /-----BEGIN [A-Z ]*PRIVATE KEY( BLOCK)?-----/],
  ["a JSON web token", /(?<![A-Za-z0-9])eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+/],
  ["a Slack token", /(?<![A-Za-z0-9])xox[abeoprs]-[A-Za-z0-9-]{10,}/],
  ["a storage account key", /AccountKey=[A-Za-z0-9+/=]{20,}/i],
  ["a shared access key", /SharedAccessKey=[A-Za-z0-9+/=]{20,}/i],
  ["a shared access signature", /[?&]sig=[A-Za-z0-9%+/=]{20,}/i],
  ["a Google API key", /(?<![A-Za-z0-9])AIza[0-9A-Za-z_-]{35}(?![0-9A-Za-z_-])/],
  ["a Google OAuth secret", /(?<![A-Za-z0-9])GOCSPX-[0-9A-Za-z_-]{20,}/],
  ["a Stripe key", /(?<![A-Za-z0-9])[rs]k_live_[0-9A-Za-z]{16,}/],
  ["a GitLab token", /(?<![A-Za-z0-9])gl(pat|dt|rt|ptt|oas)-[A-Za-z0-9_-]{20,}/],
  ["a Hugging Face token", /(?<![A-Za-z0-9])hf_[A-Za-z0-9]{30,}/],
  ["an npm or PyPI token", /(?<![A-Za-z0-9])(npm_[A-Za-z0-9]{36}|pypi-AgE[A-Za-z0-9_-]{20,})/],
  [
    "an API key of a model's provider",
    /(?<![A-Za-z0-9])sk-((ant|proj|svcacct|or)-[A-Za-z0-9_-]{20,}|[A-Za-z0-9]{32,})/,
  ],
  ["a SendGrid key", /(?<![A-Za-z0-9])SG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{20,}/],
  ["a Vault token", /(?<![A-Za-z0-9])hv[sbr]\.[A-Za-z0-9_-]{20,}/],
  ["a DigitalOcean token", /(?<![A-Za-z0-9])do[opr]_v1_[0-9a-f]{64}/],
  ["a Pulumi token", /(?<![A-Za-z0-9])pul-[0-9a-f]{40}/],
  ["an Azure client secret", /(?<![A-Za-z0-9])[A-Za-z0-9_~.]{3}8Q~[A-Za-z0-9_~.-]{31,34}/],
  ["a Slack webhook", /\bhooks\.slack\.com\/services\/T\w+\/B\w+\/\w+/i],
  ["a Teams webhook", /\.webhook\.office\.com\/webhookb2\/[0-9a-f-]{36}@/i],
  ["an authorization header", /\b(Bearer|Basic)\s+(?=[^\s\d]{0,200}\d)[A-Za-z0-9+/_.~-]{20,}/],
  // A number after the colon is a port when a parameter follows: `host:1433;user=me@tenant`.
  ["a password in a URL", /\b[a-z][a-z0-9+.-]{0,30}:\/\/[^\s/:@{}<>]*:(?!\d{1,5}[;?&])(?!\$|\*+@|<|%24)[^\s/@{}<>]+@/i],
  ["a password in a URL", /\bjdbc:oracle:\w{1,10}:[^\s/@{}]+\/[^\s/@{}$]+@/i],
  [
    "a password in a connection string",
    /(^|[;?&\s])(password|pwd)=(?!\s*["']?\s*(\{\{|\{[\w.]*(pass|pwd|pw|secret|token|cred)[\w.]*\}|\$\{?|<|\*+($|[;&\s])|$|;))[^;&\s]+/i,
  ],
];

/** Which credentials a text holds. */
export const credentialsIn = (text: string): string[] => [
  ...new Set(CREDENTIALS.filter(([, form]) => form.test(text)).map(([what]) => what)),
];
