import type { Diagnostic } from './diagnostics.js';

interface Sign {
  readonly pattern: RegExp;
  /** Where such a message was seen. */
  readonly source: string;
}

/**
 * What trying again does not mend, though the same message may hold a word of the table below: the
 * lock has a timeout of its own, and credentials that are missing are looked for over the network.
 */
const lasting: readonly Sign[] = [
  { pattern: /\bLock Info:/, source: 'Terraform: a lock that somebody holds, in every backend' },
  {
    pattern: /no valid credential sources|no EC2 IMDS role found/i,
    source: 'hashicorp/aws-sdk-go-base, credentials.go',
  },
  {
    pattern:
      /\b(?:ExpiredToken(?:Exception)?|InvalidClientTokenId|SignatureDoesNotMatch|UnrecognizedClientException|AccessDenied(?:Exception)?|UnauthorizedOperation|AuthFailure)\b/,
    source: 'AWS, common errors of its APIs',
  },
  {
    pattern: /\bStatusCode: 40[134]\b|\b40[134] (?:Unauthorized|Forbidden|Not Found)\b/,
    source: 'AWS SDK for Go v2, "https response error"; HTTP answers of registries',
  },
];

const passing: readonly Sign[] = [
  {
    pattern:
      /\b(?:Throttling(?:Exception)?|ThrottledException|RequestThrottled(?:Exception)?|TooManyRequestsException|RequestLimitExceeded|ProvisionedThroughputExceededException|TransactionInProgressException|BandwidthLimitExceeded|SlowDown|PriorRequestNotComplete)\b|\bRate exceeded\b/,
    source: 'AWS SDKs and Tools Reference Guide, "Retry behavior": throttling errors',
  },
  {
    pattern:
      /\b(?:RequestTimeout(?:Exception)?|InternalError|InternalFailure|ServiceUnavailable(?:Exception)?|InternalServerError)\b/,
    source: 'AWS SDKs and Tools Reference Guide, "Retry behavior": transient errors',
  },
  {
    pattern: /\bStatusCode: (?:429|50[0234])\b/,
    source: 'AWS SDK for Go v2, "https response error StatusCode: …"',
  },
  { pattern: /request send failed|RequestError: send request failed/, source: 'AWS SDKs for Go' },
  {
    pattern:
      /\b(?:429 Too Many Requests|500 Internal Server Error|502 Bad Gateway|503 Service Unavailable|504 Gateway Time-?out)\b|\b(?:bad response code|unexpected HTTP status|returned error): ?(?:429|50[0234])\b/i,
    source: 'Terraform registry client, hashicorp/go-getter and git, as they name an HTTP answer',
  },
  {
    pattern:
      /connection (?:reset by peer|refused|timed out)|broken pipe|TLS handshake timeout|i\/o timeout|Client\.Timeout exceeded|context deadline exceeded|server closed idle connection|http2: .*GOAWAY/,
    source:
      "Go's net and net/http, as in hashicorp/terraform#28714 and terraform-provider-aws#23614",
  },
  { pattern: /(?:: |\bunexpected )EOF\b/, source: "Go's io, as in terraform-provider-aws#7254" },
  {
    pattern:
      /timeout while waiting for plugin to start|plugin exited before we could connect|[Uu]nrecognized remote plugin message|Plugin did not respond|text file busy/,
    source:
      'hashicorp/go-plugin, client.go, and Terraform, grpc errors of a provider: its process did not come up, or went away',
  },
  {
    pattern: /Temporary failure in name resolution|server misbehaving/,
    source: "Go's net: a name server that did not answer",
  },
];

/**
 * The diagnostic for whose sake a run may be tried again: the first error, where every error of
 * the run is of the kind that passes by itself. Undefined where one is not, or there is none.
 */
export function transientError(diagnostics: readonly Diagnostic[]): Diagnostic | undefined {
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  return errors.every(isTransient) ? errors[0] : undefined;
}

function isTransient({ summary, detail }: Diagnostic): boolean {
  // Terraform breaks long lines of messages that it passes on.
  const text = `${summary}\n${detail}`.replaceAll(/\s+/g, ' ');
  const has = ({ pattern }: Sign): boolean => pattern.test(text);
  return !lasting.some(has) && passing.some(has);
}
