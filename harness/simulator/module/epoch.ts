/** One life of the module, from power to the next loss of it: everything that was started in it ends with it, at once. */
export class Epoch {
  private readonly timers = new Set<NodeJS.Timeout>();
  private readonly endings = new Set<() => void>();
  private live = true;

  /** `scale`: real seconds for one second of the module's. */
  constructor(private readonly scale: number) {}

  get alive(): boolean {
    return this.live;
  }

  /** Runs something `seconds` of the module's time from now, unless this life is over by then. */
  after(seconds: number, run: () => void): () => void {
    if (!this.live) return () => undefined;
    const timer = setTimeout(
      () => {
        this.timers.delete(timer);
        run();
      },
      seconds * 1000 * this.scale,
    );
    this.timers.add(timer);
    return () => {
      clearTimeout(timer);
      this.timers.delete(timer);
    };
  }

  /** To be done when this life ends; the answer takes it back. */
  onEnd(run: () => void): () => void {
    this.endings.add(run);
    return () => this.endings.delete(run);
  }

  end(): void {
    if (!this.live) return;
    this.live = false;
    for (const timer of this.timers) clearTimeout(timer);
    this.timers.clear();
    for (const run of this.endings) run();
    this.endings.clear();
  }
}
