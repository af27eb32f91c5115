import type { RigFault } from '../base/errors.js';
import type { LineRole } from '../journal/events.js';

export type FinalResult = 'OK' | 'ERROR' | '+CME ERROR' | '+CMS ERROR' | 'CONNECT';

export interface Answer {
  readonly command: string;
  readonly result: FinalResult | 'timeout' | 'lost';
  /** The number or text behind +CME ERROR: and +CMS ERROR:. */
  readonly code?: string;
  /** Information lines of the answer, without echo, URCs and result. */
  readonly lines: readonly string[];
  readonly took: number;
  readonly ok: boolean;
}

export interface CommandOptions {
  /**
   * Deadline in ms for the final result, counted from when the bytes go out (waiting in the queue is not counted). In a transfer it
   * is counted anew from each step: CONNECT, each block sent or acknowledged, each chunk received.
   */
  readonly deadline: number;
  /** Information lines that belong to the answer begin with one of these (default: derived from the command, `AT+CREG?` → `+CREG:`). */
  readonly prefixes?: readonly string[];
}

/**
 * The AT dialogue on one line, whatever its device does: commands queue up and are sent one at a time; each settles with an
 * Answer, also when the device is lost (`lost`) or nothing comes (`timeout`). Never throws for what a module says.
 */
export interface AtPort {
  readonly role: LineRole;
  /** True while the line's device is open. */
  readonly connected: boolean;
  /** Why it is not open, as far as tried; undefined while it is open. */
  readonly fault?: RigFault | undefined;
  command(text: string, options: CommandOptions): Promise<Answer>;
  /**
   * A command that answers CONNECT, then takes raw bytes: sends `command`, waits for CONNECT, sends `data` (in ack mode 1,024 bytes
   * at a time, each after the module's `A`), and waits for the final result.
   */
  upload(command: string, data: Buffer, options: CommandOptions & { readonly ackMode: boolean }): Promise<Answer>;
  /** Like `upload` for the other direction: AT+QFDWL. Resolves with the bytes between CONNECT and the result. */
  download(command: string, options: CommandOptions): Promise<Answer & { readonly data: Buffer }>;
  /** Each line that is not part of an answer (URCs, boot reports, junk). */
  onUrc(listener: (urc: Urc) => void): () => void;
  /**
   * Called with each report that a chunk completes, before the chunk is in the journal or anything else has it: for a power cut. `t`
   * is when the chunk was read (monotonic ms). What the listener returns is called in the same tick, when the URC has been written
   * and told. Nothing is reported from the data of a transfer.
   */
  onEarlyReport(listener: EarlyReportListener): () => void;
  /** Waits for a URC that matches; armed when the call returns. Resolves undefined after `within` ms. */
  waitUrc(matches: (urc: Urc) => boolean, within: number): Promise<Urc | undefined>;
  /** The line's device was opened or lost. */
  onConnection(listener: (state: 'open' | 'lost') => void): () => void;
  /** Keeps the line open whenever its device is there, until closed. */
  close(): Promise<void>;
}

export type EarlyReportListener = (report: Report, t: number) => (() => void) | undefined;

export interface Urc {
  readonly role: LineRole;
  readonly text: string;
  /** Monotonic ms when its last byte was read. */
  readonly t: number;
  readonly report: Report | undefined;
}

/** What a line says about the upgrade or the boot, read as tolerantly as the guide's own examples demand. */
export type Report =
  | { readonly kind: 'download-start'; readonly protocol: 'ftp' | 'http' | 'https' }
  | { readonly kind: 'download-end'; readonly protocol: 'ftp' | 'http' | 'https'; readonly code: number | undefined }
  | { readonly kind: 'start' }
  | { readonly kind: 'updating'; readonly percent: number | undefined }
  | { readonly kind: 'restore'; readonly percent: number | undefined }
  | { readonly kind: 'end'; readonly code: number | undefined }
  /** Free text in the second field of +QIND: "FOTA". */
  | { readonly kind: 'text'; readonly text: string }
  /** RDY, +CFUN: n, +CPIN: …, +QUSIM: n, +QIND: SMS DONE, +QIND: PB DONE, POWERED DOWN. */
  | {
      readonly kind: 'boot';
      readonly name: 'RDY' | 'CFUN' | 'CPIN' | 'QUSIM' | 'SMS DONE' | 'PB DONE';
      readonly value: string | undefined;
    }
  | { readonly kind: 'powered-down' };
