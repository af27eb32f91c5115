import { readSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { Clock } from '../../base/clock.js';
import { messageOf, type Explanation } from '../../base/errors.js';

/** `struct gpioevent_data` of linux/gpio.h (version 1 of the interface): 64-bit time in ns, 32-bit id, padding. */
const recordSize = 16;
const rising = 1;
/** The kernel keeps 16 unread edges and drops what comes then. */
const kernelKeeps = 16;
/** More edges than this within a second are no unit that goes on and off, but a wire without a level of its own. */
const mostEdges = 100;
const second = 1000;
/** An edge may have waited that long while the process was busy; a time further off is of another clock (before Linux 5.7). */
const oldest = 60_000;

export interface Edge {
  readonly on: boolean;
  /** When the kernel saw it, on the clock's scale; undefined when that is not known. */
  readonly at: number | undefined;
}

/** Times and levels of what the kernel has for us. Active low is the kernel's business: the level is logical. */
export function readRecords(bytes: Buffer, now: number): Edge[] {
  const edges: Edge[] = [];
  for (let start = 0; start + recordSize <= bytes.length; start += recordSize) {
    const at = Number(bytes.readBigUInt64LE(start)) / 1e6;
    // Our clock is cut to whole microseconds.
    const sound = at < now + 1 && now - at < oldest;
    edges.push({ on: bytes.readUInt32LE(start + 8) === rising, at: sound ? Math.min(at, now) : undefined });
  }
  return edges;
}

/** A readiness watch on any descriptor: the one that serialport brings. */
interface Poller {
  once(event: 'readable', callback: (error: Error | null) => void): void;
  stop(): void;
}
type PollerClass = new (descriptor: number) => Poller;

/** Not collected before the process ends: its end would take the watch off whatever has got the descriptor's number by then. */
const kept: Poller[] = [];

function openPoller(descriptor: number): Poller {
  const near = createRequire(createRequire(__filename).resolve('serialport'));
  const folder = dirname(near.resolve('@serialport/bindings-cpp'));
  const { Poller } = near(`${folder}/poller.js`) as { Poller: PollerClass };
  const poller = new Poller(descriptor);
  kept.push(poller);
  return poller;
}

export interface EdgeReaderOptions {
  readonly descriptor: number;
  /** The level at this moment. */
  readonly level: () => boolean;
  readonly clock: Clock;
  readonly onEdge: (edge: Edge) => void;
  /** The line chatters, or edges cannot be read any more. */
  readonly onTrouble: (what: string, explanation: Explanation) => void;
}

/** Reads edges as the kernel reports them, without polling; what is lost or left out is made up for by the level. */
export class EdgeReader {
  readonly #poller: Poller;
  readonly #buffer = Buffer.alloc(recordSize * 64);
  #told: boolean;
  #closed = false;
  #total = 0;
  /** Edges within the second that began with `#since`. */
  #recent = 0;
  #since = Number.NEGATIVE_INFINITY;
  #chattering = false;
  #cancelQuiet: () => void = () => undefined;

  constructor(private readonly options: EdgeReaderOptions) {
    this.#told = options.level();
    this.#poller = openPoller(options.descriptor);
    this.#watch();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#cancelQuiet();
    this.#poller.stop();
  }

  #watch(): void {
    this.#poller.once('readable', (error) => {
      if (this.#closed) return;
      if (error !== null) {
        this.#fail(error);
        return;
      }
      try {
        this.#read();
      } catch (failure) {
        this.#fail(failure);
        return;
      }
      this.#watch();
    });
  }

  #read(): void {
    const { clock, descriptor, level } = this.options;
    // It is readable, and nobody else reads it: this does not block.
    const size = readSync(descriptor, this.#buffer);
    if (size === 0) throw new Error('the kernel closed it');
    const edges = readRecords(this.#buffer.subarray(0, size), clock.now());
    this.#total += edges.length;
    for (const edge of edges) this.#tell(edge);
    if (edges.length >= kernelKeeps) this.#makeUp(level());
  }

  #tell(edge: Edge): void {
    const now = this.options.clock.now();
    if (now - this.#since >= second) {
      this.#since = now;
      this.#recent = 0;
    }
    this.#recent++;
    if (this.#chattering) return;
    if (this.#recent > mostEdges) {
      this.#chatters();
      return;
    }
    this.#told = edge.on;
    this.options.onEdge(edge);
  }

  /** Nothing is told until it has been quiet for a second; then the level it came to rest at. */
  #chatters(): void {
    this.#chattering = true;
    this.options.onTrouble(`STATUS chatters: more than ${String(mostEdges)} edges within a second`, {
      hint: 'an open wire? STATUS needs a level shifter or a pull-down that gives it a level of its own (docs/gpio.md)',
    });
    const look = (before: number): void => {
      this.#cancelQuiet = this.options.clock.after(second, () => {
        if (this.#total !== before) {
          look(this.#total);
          return;
        }
        this.#chattering = false;
        try {
          this.#makeUp(this.options.level());
        } catch (error) {
          this.#fail(error);
        }
      });
    };
    look(this.#total);
  }

  #makeUp(on: boolean): void {
    if (this.#chattering || on === this.#told) return;
    this.#told = on;
    this.options.onEdge({ on, at: undefined });
  }

  #fail(error: unknown): void {
    this.close();
    this.options.onTrouble('edges of STATUS are not reported any more', {
      seen: messageOf(error),
      hint: 'STATUS is still read when it is asked for',
    });
  }
}
