import { revisionIn } from './name-versions.js';

test.each([
  ['EC25EFAR06A12M4G', 'EC25EFAR06A12M4G'],
  ['Quectel/EC25/EC25:7.1/EC25EFAR06A12M4G/42:user/test-keys', 'EC25EFAR06A12M4G'],
  ['EG18EAPAR01A08V05M4G_01.200', 'EG18EAPAR01A08V05M4G'],
  ['EC25EFAR06A12M4G to EC25EFAR06A13M4G', undefined],
  ['v12', undefined],
  ['XEC25EFAR06A12M4G', undefined],
  ['', undefined],
])('the revision in %p is %p', (text, revision) => {
  expect(revisionIn(text)).toBe(revision);
});
