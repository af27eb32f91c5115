import { renameSync, rmSync, symlinkSync } from 'node:fs';
import type { Wiring } from '../behaviour.js';
import { PtyEnd } from './pty.js';

/** A serial line behind a stable path. It may come and go; each coming is another device. */
export class Line {
  onData: ((data: Buffer) => void) | undefined;
  /** Lines of reports that reached a host, and that nobody had the port open for. */
  readonly written = { reached: 0, lost: 0 };
  wiring: Wiring = 'sound';
  private spare: Promise<PtyEnd> | undefined;
  private ready: PtyEnd | undefined;
  private current: PtyEnd | undefined;
  private wanted = false;

  /** `path`: the symlink that points to the device while there is one. */
  constructor(
    readonly name: 'at' | 'uart',
    readonly path: string,
  ) {}

  /** Makes the next device ready, so that plugging in takes no time. */
  async prepare(): Promise<void> {
    for (const left of [this.path, `${this.path}-1`]) rmSync(left, { force: true });
    await this.refill();
  }

  get present(): boolean {
    return this.current !== undefined;
  }

  plug(): void {
    this.wanted = true;
    if (this.current !== undefined || this.ready === undefined) return;
    const device = this.ready;
    this.ready = undefined;
    this.current = device;
    device.start((data) => {
      if (this.wiring !== 'mute') this.onData?.(data);
    });
    const fresh = `${this.path}.new`;
    rmSync(fresh, { force: true });
    symlinkSync(device.path, fresh);
    renameSync(fresh, this.link);
    this.refill().catch((error: unknown) => {
      throw error;
    });
  }

  unplug(): void {
    this.wanted = false;
    if (this.current === undefined) return;
    rmSync(this.link, { force: true });
    this.current.close();
    this.current = undefined;
  }

  write(data: Buffer): boolean {
    return this.wiring !== 'mute' && (this.current?.write(data) ?? false);
  }

  private get link(): string {
    return this.wiring === 'renamed' ? `${this.path}-1` : this.path;
  }

  close(): void {
    this.unplug();
    this.ready?.close();
    this.ready = undefined;
  }

  private async refill(): Promise<void> {
    this.spare ??= PtyEnd.create();
    this.ready = await this.spare;
    this.spare = undefined;
    if (this.wanted) this.plug();
  }
}
