/**
 * Pseudo-terminals that play a module in tests: real devices that the harness opens like any serial line, on machines without one.
 * Not for use outside of tests.
 */
import { closeSync, renameSync, rmSync, symlinkSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ReadStream } from 'node:tty';
import { hasCode } from '../../base/errors.js';

interface NativeTerminal {
  open(columns: number, rows: number): { readonly master: number; readonly slave: number; readonly pty: string };
}

// The public package is not used: its destroy() and kill() signal every process of the machine.
const native = createRequire(__filename)(`@lydell/node-pty-linux-${process.arch}/pty.node`) as NativeTerminal;

export interface PseudoTerminal {
  /** Device for the harness to open, /dev/pts/n. */
  readonly path: string;
  /** What the module prints (text as latin-1), as fast as it is taken. */
  write(bytes: Buffer | string): void;
  /** What the module receives. Nothing is read, as from a module that hangs, before there is a listener. */
  onData(listener: (chunk: Buffer) => void): void;
  /** The module stops reading, as one that hangs, or goes on. */
  hang(hanging: boolean): void;
  /** The module leaves: whoever has the device open sees it hang up. What is still unread is lost, as on USB. */
  close(): void;
}

export function openPseudoTerminal(): PseudoTerminal {
  const { master, slave, pty } = native.open(80, 24);
  // Held open, or the module's side would fail whenever nobody has the device open; raw, or it would echo what the module prints.
  const held = new ReadStream(slave);
  held.setRawMode(true);
  const reader = new ReadStream(master);
  // EIO on the way out.
  for (const stream of [held, reader]) stream.on('error', () => undefined);
  const unsent: Buffer[] = [];
  let open = true;

  // Not through the stream: its writes to a terminal's master side block the whole process until somebody reads.
  function send(): void {
    for (let bytes = unsent[0]; bytes !== undefined && open; bytes = unsent[0]) {
      try {
        const size = writeSync(master, bytes);
        if (size < bytes.length) unsent[0] = bytes.subarray(size);
        else unsent.shift();
      } catch (error) {
        if (!hasCode(error, 'EAGAIN')) throw error;
        setTimeout(send, 1);
        return;
      }
    }
  }

  return {
    path: pty,
    write(bytes) {
      if (!open || bytes.length === 0) return;
      unsent.push(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes);
      if (unsent.length === 1) send();
    },
    onData(listener) {
      reader.on('data', listener);
    },
    hang(hanging) {
      if (hanging) reader.pause();
      else reader.resume();
    },
    close() {
      if (!open) return;
      open = false;
      reader.destroy();
      held.destroy();
      // The stream opened the terminal once more for itself.
      closeSync(slave);
    },
  };
}

/** A terminal behind a stable path, as udev or a simulator gives one: the link goes and comes back pointing elsewhere. */
export interface LinkedTerminal {
  /** The stable path. */
  readonly path: string;
  /** The terminal behind it at this moment. */
  readonly terminal: PseudoTerminal | undefined;
  write(bytes: Buffer | string): void;
  /** What the module receives, over all replugs. */
  onData(listener: (chunk: Buffer) => void): void;
  /** The link goes, then the terminal. */
  unplug(): void;
  /** A new terminal, its link put in place by a rename. Unplugs first only when told to; else an old link is replaced. */
  replug(): PseudoTerminal;
  close(): void;
}

export function linkedTerminal(directory: string, name: string): LinkedTerminal {
  const path = join(directory, name);
  const listeners: ((chunk: Buffer) => void)[] = [];
  let terminal: PseudoTerminal | undefined;
  const linked: LinkedTerminal = {
    path,
    get terminal() {
      return terminal;
    },
    write(bytes) {
      terminal?.write(bytes);
    },
    onData(listener) {
      listeners.push(listener);
      terminal?.onData(listener);
    },
    unplug() {
      rmSync(path, { force: true });
      terminal?.close();
      terminal = undefined;
    },
    replug() {
      const before = terminal;
      terminal = openPseudoTerminal();
      for (const listener of listeners) terminal.onData(listener);
      symlinkSync(terminal.path, `${path}.new`);
      renameSync(`${path}.new`, path);
      before?.close();
      return terminal;
    },
    close() {
      linked.unplug();
    },
  };
  linked.replug();
  return linked;
}
