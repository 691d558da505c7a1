/** Runs tasks with the same key one after the other, tasks with different keys side by side. */
export class KeyedQueue {
  private readonly tails = new Map<string, Promise<void>>();
  private refusal: Error | undefined;

  /** @throws Error that the queue was closed with */
  run<T>(key: string, task: () => Promise<T>): Promise<T> {
    if (this.refusal) return Promise.reject(this.refusal);
    const before = this.tails.get(key) ?? Promise.resolve();
    const result = before.then(task);
    const tail = result.then(
      () => undefined,
      () => undefined,
    );
    this.tails.set(key, tail);
    void tail.then(() => {
      if (this.tails.get(key) === tail) this.tails.delete(key);
    });
    return result;
  }

  /** Takes no more tasks; those that are under way go on. */
  close(refusal: Error): void {
    this.refusal = refusal;
  }

  /** Resolves when nothing is under way any more. */
  async idle(): Promise<void> {
    while (this.tails.size > 0) await Promise.all(this.tails.values());
  }
}
