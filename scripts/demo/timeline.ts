import type { Clock } from '../../actions/shared/clock.js';

export interface Span {
  readonly name: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Notes when what ran, for the picture at the end. */
export class Timeline {
  readonly #clock: Clock;
  readonly #origin: number;
  readonly #spans: Span[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#origin = clock.now();
  }

  async record<T>(name: string, body: () => Promise<T>): Promise<T> {
    const startMs = this.#clock.now() - this.#origin;
    try {
      return await body();
    } finally {
      this.#spans.push({ name, startMs, endMs: this.#clock.now() - this.#origin });
    }
  }

  /** One line a span: its name, a bar on the common scale, its length in seconds. */
  render(width: number): readonly string[] {
    const end = Math.max(1, ...this.#spans.map((span) => span.endMs));
    const nameWidth = Math.max(0, ...this.#spans.map((span) => span.name.length));
    const barWidth = Math.max(10, width - nameWidth - 12);
    return this.#spans.map((span) => {
      const from = Math.floor((span.startMs / end) * barWidth);
      const length = Math.max(1, Math.round(((span.endMs - span.startMs) / end) * barWidth));
      const bar = `${' '.repeat(from)}${'█'.repeat(length)}`.slice(0, barWidth);
      const seconds = ((span.endMs - span.startMs) / 1000).toFixed(1);
      return `${span.name.padEnd(nameWidth)}  ${bar.padEnd(barWidth)}  ${seconds.padStart(6)} s`;
    });
  }
}
