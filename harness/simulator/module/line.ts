import type { Port, Stranded } from '../board/board.js';
import type { Wiring } from '../behaviour.js';

/** A serial line of the module. It may come and go. */
export class Line {
  onData: ((data: Buffer) => void) | undefined;
  /** Lines of reports that reached a host, and that nobody had the port open for. */
  readonly written = { reached: 0, lost: 0 };
  /** Told of each of them, and when it was about to be written (ms of the machine's monotonic clock). */
  onWritten: ((text: string, reached: boolean, t: number) => void) | undefined;
  wiring: Wiring = 'sound';

  constructor(
    readonly name: 'at' | 'uart',
    private readonly port: Port,
  ) {}

  get path(): string {
    return this.port.path;
  }

  prepare(): Promise<void> {
    return this.port.prepare();
  }

  get present(): boolean {
    return this.port.present;
  }

  plug(): void {
    this.port.plug((data) => {
      if (this.wiring !== 'mute') this.onData?.(data);
    }, this.wiring);
  }

  unplug(): void {
    this.port.unplug();
  }

  /** What the host finds in place of the line, until it is unplugged. */
  strand(as: Stranded): void {
    this.port.strand(as);
  }

  write(data: Buffer): boolean {
    return this.wiring !== 'mute' && this.port.write(data);
  }

  close(): void {
    this.port.close();
  }
}
