import type { Step } from './steps.js';

/**
 * Where in its work a boot is, at the places from which it hangs on the flash alone how it goes on: as it turns to a file, and as
 * it begins to write one after the erasing. What it writes then it has read from the flash or made from it.
 */
export class Places {
  private file: string | undefined;
  private erased = false;

  /** The name of the place before this step; undefined when it is none. */
  at(step: Step): string | undefined {
    if (step.kind === 'file') return (this.file = `${step.phase} ${step.name}`);
    if (step.kind !== 'op') return undefined;
    const writes = this.erased && step.op.kind === 'program' ? step.op.page : undefined;
    this.erased = step.op.kind === 'erase';
    return writes === undefined || this.file === undefined ? undefined : `${this.file} ${writes}`;
  }
}
