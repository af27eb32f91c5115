import { Dice } from '../core/bytes.js';
import type { Behaviours } from '../behaviour.js';
import type { Line } from './line.js';

/** Writes unsolicited lines; a port that is in data mode gets them afterwards. */
export class UrcWriter {
  private readonly waiting = new Map<Line, string[]>();
  private readonly busy = new Set<Line>();
  private readonly dice: Dice;

  constructor(
    private readonly behaviours: Behaviours,
    seed: number,
  ) {
    this.dice = new Dice('urc', seed);
  }

  send(line: Line, text: string): void {
    if (this.busy.has(line)) {
      this.waiting.get(line)?.push(text);
      return;
    }
    for (const piece of this.behaviours.ask('urc', [`\r\n${text}\r\n`], line.name, this.dice)) {
      const t = Number(process.hrtime.bigint()) / 1e6;
      const reached = line.write(Buffer.from(piece, 'latin1'));
      line.written[reached ? 'reached' : 'lost']++;
      line.onWritten?.(piece, reached, t);
    }
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
