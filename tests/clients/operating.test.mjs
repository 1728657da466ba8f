// What operators and integrators do, with the same TypeScript client as a program that an issuer vouches for (OAuth):
// documents, many instances at once, what runs and what is deployed.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import createCamundaClient from '@camunda8/orchestration-cluster-api';
import { startEmpty } from '../browser/support/server.mjs';
import { startIssuer } from './support/issuer.mjs';

const models = new URL('models/', import.meta.url);
const now = { consistency: { waitUpToMs: 0 } };
const file = (name) => new File([readFileSync(new URL(name, models))], name);

let issuer;
let server;
let client;

/** The client as one of the programs that the issuer knows. */
function as(id) {
  return createCamundaClient({
    config: {
      CAMUNDA_REST_ADDRESS: server.url,
      CAMUNDA_AUTH_STRATEGY: 'OAUTH',
      CAMUNDA_OAUTH_URL: issuer.token,
      CAMUNDA_TOKEN_AUDIENCE: 'caseway',
      CAMUNDA_CLIENT_ID: id,
      CAMUNDA_CLIENT_SECRET: `${id}-secret`,
      CAMUNDA_SDK_VALIDATION: 'req:none,res:strict',
      CAMUNDA_SDK_LOG_LEVEL: 'error',
    },
  });
}

async function refused(promise, status) {
  await assert.rejects(promise, (problem) => {
    assert.equal(problem.status ?? problem.statusCode, status, String(problem));
    return true;
  });
}

async function start(reference) {
  const started = await client.createProcessInstance({ processDefinitionId: 'contact', variables: { reference } });
  return started.processInstanceKey;
}

async function stateOf(processInstanceKey) {
  return (await client.getProcessInstance({ processInstanceKey }, now)).state;
}

/** The batch operation, when all of its items are done. */
async function finished(batchOperationKey) {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const batch = await client.getBatchOperation({ batchOperationKey }, now);
    if (batch.state === 'COMPLETED') return batch;
    await new Promise((next) => setTimeout(next, 20));
  }
  throw new Error(`the batch operation ${batchOperationKey} does not end`);
}

before(async () => {
  const all = ['administrator', 'designer', 'supervisor', 'caseworker'];
  issuer = await startIssuer({
    audience: 'caseway',
    programs: { register: { secret: 'register-secret', roles: all }, school: { secret: 'school-secret', roles: [] } },
  });
  server = await startEmpty({ options: ['--issuer', issuer.url, '--audience', 'caseway'] });
  client = as('register');
  await client.createDeployment({ resources: ['contact.bpmn', 'risk.dmn', 'decision.form'].map(file) });
});

after(async () => {
  await server?.stop();
  issuer?.stop();
});

test('a program that the issuer vouches for may do what its roles say, and others nothing', async () => {
  const { processDefinitionKey } = (await client.searchProcessDefinitions({}, now)).items[0];
  assert.match(processDefinitionKey, /^\d+$/);
  await refused(as('school').createProcessInstance({ processDefinitionId: 'contact' }), 403);
  const unknown = await fetch(`${server.url}/v2/topology`, { headers: { authorization: 'Bearer a.b.c' } });
  assert.equal(unknown.status, 401);
});

test('a document is kept with what is known of it, read, linked to and deleted', async () => {
  const text = 'The visit is on Monday.';
  const kept = await client.createDocument({ file: new File([text], 'letter.txt', { type: 'text/plain' }), metadata: { fileName: 'letter.txt', contentType: 'text/plain' } });
  const { documentId, contentHash, storeId } = kept;
  assert.deepEqual([kept.metadata.fileName, kept.metadata.size], ['letter.txt', text.length]);
  const read = await client.getDocument({ documentId, contentHash });
  assert.equal(await new Response(read).text(), text);
  const link = await client.createDocumentLink({ documentId, contentHash, timeToLive: 60000 });
  const linked = await fetch(new URL(link.url, server.url));
  assert.deepEqual([linked.status, await linked.text()], [200, text]);
  const two = await client.createDocuments({ files: ['a', 'b'].map((name) => new File([name], `${name}.txt`)) });
  assert.equal(two.createdDocuments.length, 2);
  await client.deleteDocument({ documentId, storeId });
  await refused(client.getDocument({ documentId, contentHash }), 404);
});

test('many instances are cancelled at once, with a result for each', async () => {
  const keys = [];
  for (const number of [1, 2, 3]) keys.push(await start(`O-${number}`));
  const batch = await client.cancelProcessInstancesBatchOperation({ filter: { processInstanceKey: { $in: keys } } });
  const ended = await finished(batch.batchOperationKey);
  assert.deepEqual([ended.operationsTotalCount, ended.operationsCompletedCount, ended.operationsFailedCount], [3, 3, 0]);
  const items = await client.searchBatchOperationItems({ filter: { batchOperationKey: batch.batchOperationKey } }, now);
  assert.deepEqual(items.items.map((item) => item.processInstanceKey).sort(), keys.sort());
  assert.deepEqual([...new Set(items.items.map((item) => item.state))], ['COMPLETED']);
  for (const key of keys) assert.equal(await stateOf(key), 'TERMINATED');
});

test('what runs is counted by process and by version, and moves to a newer one in a batch', async () => {
  const key = await start('O-4');
  const [job] = (await client.activateJobs({ type: 'look-up', worker: 'register', timeout: 60000, maxJobsToActivate: 9, requestTimeout: -1 })).jobs;
  await job.complete({ found: true });
  const newer = await client.createDeployment({ resources: [file('contact-2.bpmn')] });
  const targetProcessDefinitionKey = newer.processes[0].processDefinitionKey;
  const count = async () => {
    const found = await client.getProcessDefinitionInstanceVersionStatistics({ filter: { processDefinitionId: 'contact' } }, now);
    return found.items.map((item) => [item.processDefinitionVersion, item.activeInstancesWithoutIncidentCount]);
  };
  assert.deepEqual(await count(), [[1, 1]]);
  const moving = await client.migrateProcessInstancesBatchOperation({
    filter: { processInstanceKey: key },
    migrationPlan: { targetProcessDefinitionKey, mappingInstructions: [{ sourceElementId: 'decide', targetElementId: 'agree' }] },
  });
  assert.equal((await finished(moving.batchOperationKey)).operationsFailedCount, 0);
  assert.deepEqual(await count(), [[2, 1]]);
  const [all] = (await client.getProcessDefinitionInstanceStatistics({}, now)).items;
  assert.deepEqual([all.processDefinitionId, all.hasMultipleVersions], ['contact', true]);

  // The newest version goes: what runs by it goes on, and the one before it begins.
  const deleted = await client.deleteResource({ resourceKey: targetProcessDefinitionKey });
  assert.equal(deleted.resourceKey, targetProcessDefinitionKey);
  assert.equal(await stateOf(key), 'ACTIVE');
  const next = await client.createProcessInstance({ processDefinitionId: 'contact', variables: { reference: 'O-5' } });
  assert.equal(next.processDefinitionVersion, 1);
});

test('what holds instances up is counted, and found below the element where it is', async () => {
  const processInstanceKey = await start('O-6');
  const asked = { type: 'look-up', worker: 'register', timeout: 60000, maxJobsToActivate: 9, requestTimeout: -1 };
  for (const job of (await client.activateJobs(asked)).jobs) await job.fail({ retries: 0, errorMessage: 'the register is closed' });
  const errors = await client.getProcessInstanceStatisticsByError({}, now);
  const [closed] = errors.items.filter((item) => item.errorMessage.includes('the register is closed'));
  assert.ok(closed.activeInstancesWithErrorCount > 0);
  const { errorHashCode } = closed;
  const versions = await client.getProcessInstanceStatisticsByDefinition({ filter: { errorHashCode } }, now);
  assert.equal(versions.items[0].processDefinitionId, 'contact');
  const visits = await client.searchElementInstances({ filter: { processInstanceKey, elementId: 'look-up' } }, now);
  const { elementInstanceKey } = visits.items[0];
  const found = await client.searchElementInstanceIncidents({ elementInstanceKey }, now);
  assert.deepEqual(found.items.map((item) => item.elementId), ['look-up']);
});

test('the file of a decision is found and read', async () => {
  const [found] = (await client.searchDecisionRequirements({ filter: { resourceName: 'risk.dmn' } }, now)).items;
  const { decisionRequirementsKey } = found;
  assert.equal((await client.getDecisionRequirements({ decisionRequirementsKey }, now)).resourceName, 'risk.dmn');
  const xml = await client.getDecisionRequirementsXml({ decisionRequirementsKey }, now);
  assert.equal(xml, readFileSync(new URL('risk.dmn', models), 'utf8'));
});
