import { Dice } from '../core/bytes.js';
import type { Behaviours } from '../behaviour.js';
import type { Line } from './line.js';

/** Writes unsolicited lines; a port that is in data mode gets them afterwards. */
export class UrcWriter {
  private readonly waiting = new Map<Line, string[]>();
  private readonly busy = new Set<Line>();
  private readonly tails = new Map<Line, Promise<void>>();
  private readonly dice: Dice;

  constructor(
    private readonly behaviours: Behaviours,
    seed: number,
    private readonly scale: number,
  ) {
    this.dice = new Dice('urc', seed);
  }

  send(line: Line, text: string): void {
    if (this.busy.has(line)) {
      this.waiting.get(line)?.push(text);
      return;
    }
    const gap = this.behaviours.ask('seconds', 0, 'gap');
    for (const piece of this.behaviours.ask('urc', [`\r\n${text}\r\n`], line.name, this.dice)) {
      if (gap === 0) this.write(line, piece);
      else this.slowly(line, piece, gap * 1000 * this.scale);
    }
  }

  /** After what waits for the same port, and a gap. */
  private slowly(line: Line, piece: string, ms: number): void {
    const before = this.tails.get(line) ?? Promise.resolve();
    const after = before.then(() => new Promise<void>((done) => setTimeout(done, ms)));
    this.tails.set(
      line,
      after.then(() => this.write(line, piece)),
    );
  }

  private write(line: Line, piece: string): void {
    const t = Number(process.hrtime.bigint()) / 1e6;
    const reached = line.write(Buffer.from(piece, 'latin1'));
    line.written[reached ? 'reached' : 'lost']++;
    line.onWritten?.(piece, reached, t);
  }

  /** Holds lines back while raw data runs over a port. */
  hold(line: Line): void {
    this.busy.add(line);
    this.waiting.set(line, []);
  }

  release(line: Line): void {
    this.busy.delete(line);
    const texts = this.waiting.get(line) ?? [];
    this.waiting.delete(line);
    for (const text of texts) this.send(line, text);
  }
}
