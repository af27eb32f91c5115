import { conformingStories } from './testing/conforming-stories.js';
import { judged } from './testing/stories.js';

describe('conforms', () => {
  test.each([...conformingStories])('%s', (_name, story, ending) => {
    const judgement = judged(story());
    expect(judgement.findings).toEqual([]);
    expect(judgement).toMatchObject({ ending, result: 'pass' });
  });
});
