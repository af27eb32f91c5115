import { renameSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { Wiring } from '../behaviour.js';
import type { Board, Port } from './board.js';
import { PtyEnd } from './pty.js';

/** A board without hardware: pseudo-terminals `at` and `uart` in the module's directory; a control socket moves the wires. */
export function ptyBoard(dir: string): Board {
  return {
    at: new PtyPort(join(dir, 'at')),
    uart: new PtyPort(join(dir, 'uart')),
    follow: () => undefined,
    showStatus: () => undefined,
    close: () => undefined,
  };
}

/** A pseudo-terminal behind a stable path; each coming is another device. */
export class PtyPort implements Port {
  private spare: Promise<PtyEnd> | undefined;
  private ready: PtyEnd | undefined;
  private current: PtyEnd | undefined;
  private wanted: (() => void) | undefined;
  private link: string;

  /** `path`: the symlink that points to the device while there is one. */
  constructor(readonly path: string) {
    this.link = path;
  }

  async prepare(): Promise<void> {
    for (const left of [this.path, `${this.path}-1`]) rmSync(left, { force: true });
    await this.refill();
  }

  get present(): boolean {
    return this.current !== undefined;
  }

  plug(onData: (data: Buffer) => void, wiring: Wiring): void {
    this.wanted = () => this.plug(onData, wiring);
    if (this.current !== undefined || this.ready === undefined) return;
    const device = this.ready;
    this.ready = undefined;
    this.current = device;
    device.start(onData);
    this.link = wiring === 'renamed' ? `${this.path}-1` : this.path;
    const fresh = `${this.path}.new`;
    rmSync(fresh, { force: true });
    symlinkSync(device.path, fresh);
    renameSync(fresh, this.link);
    this.refill().catch((error: unknown) => {
      throw error;
    });
  }

  unplug(): void {
    this.wanted = undefined;
    if (this.current === undefined) return;
    rmSync(this.link, { force: true });
    this.current.close();
    this.current = undefined;
  }

  /** There is no bus here on which a host could see it. */
  strand(): void {}

  write(data: Buffer): boolean {
    return this.current?.write(data) ?? false;
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
    this.wanted?.();
  }
}
