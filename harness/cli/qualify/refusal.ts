import { UserError } from '../../base/errors.js';

/** A qualification that is not begun: every reason, a line each. Exit 2. */
export class NotBegun extends UserError {
  constructor(
    readonly reasons: readonly string[],
    hint: string,
  ) {
    super(`the qualification is not begun: ${reasons.join('; ')}`, { hint });
  }

  override explain(): string {
    const lines = this.reasons.map((reason) => `  - ${reason}`);
    return ['the qualification is not begun:', ...lines, `  try:   ${this.explanation.hint ?? ''}`].join('\n');
  }
}
