// The older Node client (REST), unmodified: what the Camunda Modeler deploys and starts with.

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import sdk from '@camunda8/sdk';
import { startEmpty } from '../browser/support/server.mjs';

const model = (name) => fileURLToPath(new URL(`models/${name}`, import.meta.url));

let server;
let client;

before(async () => {
  server = await startEmpty();
  client = new sdk.CamundaRestClient({
    config: {
      ZEEBE_REST_ADDRESS: server.url,
      CAMUNDA_AUTH_STRATEGY: 'BASIC',
      CAMUNDA_BASIC_AUTH_USERNAME: server.name,
      CAMUNDA_BASIC_AUTH_PASSWORD: server.password,
      CAMUNDA_LOG_LEVEL: 'none',
    },
  });
});

after(() => server?.stop());

test('the Modeler deploys a file and starts what is in it', async () => {
  const topology = await client.getTopology();
  assert.match(topology.gatewayVersion, /^8\./);
  const answer = await client.deployResourcesFromFiles(['contact.bpmn', 'risk.dmn', 'decision.form'].map(model));
  assert.deepEqual(answer.processes.map((process) => process.processDefinitionId), ['contact']);
  assert.deepEqual(answer.decisions.map((decision) => decision.decisionDefinitionId), ['risk']);
  assert.deepEqual(answer.forms.map((form) => form.formId), ['decision']);
  const started = await client.createProcessInstance({ processDefinitionId: 'contact', variables: { reference: 'S-1' } });
  assert.equal(started.processDefinitionId, 'contact');
});

test('a worker fails a job once, does it then, and a task is done', async () => {
  let tries = 0;
  const worker = client.createJobWorker({
    type: 'look-up',
    worker: 'register',
    maxJobsToActivate: 5,
    timeout: 30000,
    pollIntervalMs: 50,
    jobHandler: (job) => {
      tries += 1;
      return tries === 1 ? job.fail({ errorMessage: 'busy', retries: job.retries - 1 }) : job.complete({ found: true });
    },
  });
  let found = { items: [] };
  for (let attempt = 0; attempt < 100 && !found.items.length; attempt += 1) {
    await new Promise((next) => setTimeout(next, 50));
    found = await client.searchUserTasks({ filter: { processDefinitionId: 'contact', state: 'CREATED' }, sort: [{ field: 'creationDate', order: 'asc' }] });
  }
  worker.stop();
  assert.equal(tries, 2);
  const [{ userTaskKey, processInstanceKey }] = found.items;
  await client.assignUserTask({ userTaskKey, assignee: server.name });
  const variables = await client.searchUserTaskVariables({ userTaskKey, sort: [{ field: 'name', order: 'ASC' }] });
  assert.deepEqual(variables.items.map((variable) => variable.name), ['found', 'reference']);
  await client.completeUserTask({ userTaskKey, variables: { what: 'visit' } });
  const correlated = await client.correlateMessage({ name: 'school-answer', correlationKey: 'S-1', variables: {} });
  assert.equal(correlated.processInstanceKey, processInstanceKey);
  const instances = await client.searchProcessInstances({ filter: { processInstanceKey }, sort: [{ field: 'processInstanceKey', order: 'ASC' }] });
  assert.deepEqual(instances.items.map((instance) => instance.state), ['COMPLETED']);
});

test('an instance is waited for, a decision is made, and an instance is cancelled', async () => {
  const decided = await client.evaluateDecision({ decisionDefinitionId: 'risk', variables: { age: 9 } });
  assert.equal(decided.output, '"low"');
  const worker = client.createJobWorker({ type: 'look-up', worker: 'register', maxJobsToActivate: 5, timeout: 30000, jobHandler: (job) => job.error({ errorCode: 'NOBODY', errorMessage: 'no such child' }) });
  const { processInstanceKey } = await client.createProcessInstance({ processDefinitionId: 'contact', variables: { reference: 'S-2' } });
  let incidents = { items: [] };
  for (let attempt = 0; attempt < 100 && !incidents.items.length; attempt += 1) {
    await new Promise((next) => setTimeout(next, 50));
    incidents = await client.searchIncidents({ filter: { processInstanceKey } });
  }
  worker.stop();
  assert.equal(incidents.items[0].errorType, 'UNHANDLED_ERROR_EVENT');
  await client.cancelProcessInstance({ processInstanceKey });
  const license = await client.getLicenseStatus();
  assert.equal(license.validLicense, true);
});
