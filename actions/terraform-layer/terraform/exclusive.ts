/** A lock with many holders or one; waiters are served in the order they came. */
export class SharedLock {
  #holders = 0;
  #exclusive = false;
  readonly #waiting: { readonly exclusive: () => boolean; readonly start: () => void }[] = [];

  /** Whether `body` needs the lock for itself is asked again each time it could be served. */
  async run<T>(exclusive: () => boolean, body: () => Promise<T>): Promise<T> {
    await this.#acquire(exclusive);
    try {
      return await body();
    } finally {
      this.#release();
    }
  }

  #acquire(exclusive: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push({ exclusive, start: resolve });
      this.#startNext();
    });
  }

  #release(): void {
    this.#holders -= 1;
    if (this.#holders === 0) this.#exclusive = false;
    this.#startNext();
  }

  #startNext(): void {
    for (let next = this.#waiting[0]; next !== undefined; next = this.#waiting[0]) {
      const exclusive = next.exclusive();
      if (this.#exclusive || (exclusive && this.#holders > 0)) return;
      this.#waiting.shift();
      this.#holders += 1;
      this.#exclusive = exclusive;
      next.start();
    }
  }
}
