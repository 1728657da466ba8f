// The element templates are such as modelers accept: checked by the validator of the modelers themselves.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { getZeebeSchemaVersion, validateAllZeebe } from '@bpmn-io/element-templates-validator';

test('modelers accept the element templates', (t) => {
  const templates = JSON.parse(readFileSync(new URL('../../processes/element-templates/caseway.json', import.meta.url)));
  const { valid, results } = validateAllZeebe(templates);
  const wrong = results.filter((one) => !one.valid);
  assert.deepEqual(wrong.map(({ object, errors }) => [object.id, errors.map((error) => error.message)]), []);
  assert.ok(valid && templates.length > 3);
  t.diagnostic(`schema ${getZeebeSchemaVersion()}`);
});
