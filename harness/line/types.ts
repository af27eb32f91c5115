import type { LineRole } from '../journal/events.js';

/**
 * A serial line by its role on the rig. It is a factory: each `open` gives a stream that is used once and ends when the device
 * leaves; after that the line is asked again. Losing a device is an event, never an exception.
 */
export interface Line {
  readonly role: LineRole;
  /** Now: the device is there (not whether it is open). */
  readonly present: boolean;
  /**
   * Opens the device as soon as it is there; rejects with a RigFault after `within` ms without it (or without being able to open it),
   * or when `signal` aborts.
   */
  open(options: { readonly within: number; readonly signal?: AbortSignal }): Promise<LineStream>;
  /** Called when the device appears or is gone. Returns the cancellation. */
  watch(listener: (change: 'appeared' | 'gone') => void): () => void;
  /** Stops watching and closes what is open; idempotent. */
  close(): Promise<void>;
}

/** One opening of a device: from its first byte until it is lost or closed. */
export interface LineStream {
  readonly role: LineRole;
  readonly path: string;
  /**
   * Called synchronously with each chunk, just after it was read and before it is in the journal: for a power cut, which waits for
   * nothing. What the listener returns is called in the same tick, once the journal and every `onData` listener have the chunk, so
   * that what it writes to the journal stands behind the bytes that led to it. Returns the cancellation.
   */
  onArrival(listener: (chunk: Buffer) => (() => void) | undefined): () => void;
  /** Called synchronously with each chunk, after the chunk is in the journal and before anything has parsed it. */
  onData(listener: (chunk: Buffer) => void): () => void;
  /** Hands bytes to the device; resolves when the operating system has them all; rejects with LineLost. */
  write(bytes: Buffer | string, options?: { readonly journal?: 'text' | 'digest' }): Promise<void>;
  /** Settles when the stream has ended, with the reason; never rejects. */
  readonly ended: Promise<StreamEnd>;
  readonly open: boolean;
  close(): Promise<void>;
}

export interface StreamEnd {
  readonly how: 'lost' | 'closed';
  readonly why: string;
}

/** The device left while something was under way on its line. */
export class LineLost extends Error {
  override readonly name = 'LineLost';
}
