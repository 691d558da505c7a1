/** Begins tasks in the order in which they came, as many side by side as there are lanes. */
export class Lanes {
  private readonly waiting: (() => Promise<unknown>)[] = [];
  private underWay = 0;

  constructor(private count: number) {}

  run<T>(task: () => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.waiting.push(() => task().then(resolve, reject));
      this.beginNext();
    });
  }

  /** Makes more lanes, which those that wait enter at once. */
  widen(count: number): void {
    this.count = count;
    this.beginNext();
  }

  private beginNext(): void {
    while (this.underWay < this.count) {
      const next = this.waiting.shift();
      if (!next) return;
      this.underWay += 1;
      void next().then(() => {
        this.underWay -= 1;
        this.beginNext();
      });
    }
  }
}
