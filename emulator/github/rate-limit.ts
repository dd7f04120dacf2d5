interface Window {
  readonly limit: number;
  readonly remaining: number;
  readonly used: number;
  /** Seconds since the epoch. */
  readonly reset: number;
}

/** GITHUB_TOKEN's limit: 1,000 requests an hour and repository ("Rate limits for the REST API"). */
const limit = 1000;
const windowSeconds = 3600;

/** Counts requests as GitHub's headers report them. It refuses none: fault rules do. */
export class RateLimit {
  private readonly used = new Map<string, { count: number; reset: number }>();
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  private entry(token: string): { count: number; reset: number } {
    const seconds = Math.floor(this.now() / 1000);
    const known = this.used.get(token);
    if (known !== undefined && known.reset > seconds) return known;
    const fresh = { count: 0, reset: seconds + windowSeconds };
    this.used.set(token, fresh);
    return fresh;
  }

  count(token: string): void {
    this.entry(token).count += 1;
  }

  of(token: string): Window {
    const { count, reset } = this.entry(token);
    return { limit, remaining: Math.max(0, limit - count), used: count, reset };
  }

  headers(token: string): Record<string, string> {
    const { remaining, used, reset } = this.of(token);
    return {
      'x-ratelimit-limit': String(limit),
      'x-ratelimit-remaining': String(remaining),
      'x-ratelimit-used': String(used),
      'x-ratelimit-reset': String(reset),
      'x-ratelimit-resource': 'core',
    };
  }

  clear(): void {
    this.used.clear();
  }
}
