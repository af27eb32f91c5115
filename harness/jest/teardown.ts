import { closeSession } from './session.js';

/** Jest's global teardown: the rig is given back after the last suite. */
export default async function teardown(): Promise<void> {
  await closeSession('the end of the run');
}
