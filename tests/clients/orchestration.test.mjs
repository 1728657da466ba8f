// The TypeScript client of the Orchestration Cluster API, unmodified, with every answer held against its schemas (strict).

import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import createCamundaClient from '@camunda8/orchestration-cluster-api';
import { startEmpty } from '../browser/support/server.mjs';

const models = new URL('models/', import.meta.url);
/** Answers are consistent at once: nothing is waited for. */
const now = { consistency: { waitUpToMs: 0 } };

let server;
let client;
/** What was deployed, by id. */
const deployed = {};

const file = (name) => new File([readFileSync(new URL(name, models))], name);

async function deploy(...names) {
  const answer = await client.createDeployment({ resources: names.map(file) });
  for (const process of answer.processes) deployed[process.processDefinitionId] = process.processDefinitionKey;
  return answer;
}

/** A new contact, and its job done: the user task waits. */
async function contact(reference) {
  const started = await client.createProcessInstance({ processDefinitionId: 'contact', variables: { reference, child: 'Amina' } });
  const { jobs } = await client.activateJobs({ type: 'look-up', worker: 'register', timeout: 60000, maxJobsToActivate: 10, requestTimeout: -1 });
  const job = jobs.find((job) => job.processInstanceKey === started.processInstanceKey);
  await job.complete({ found: true });
  return started.processInstanceKey;
}

async function taskOf(processInstanceKey) {
  const found = await client.searchUserTasks({ filter: { processInstanceKey, state: 'CREATED' } }, now);
  assert.equal(found.page.totalItems, 1);
  return found.items[0];
}

/** It is refused with this status and code. */
async function refused(promise, status, says) {
  await assert.rejects(promise, (problem) => {
    assert.equal(problem.status ?? problem.statusCode, status, String(problem));
    assert.match(String(problem.detail ?? problem.message), says);
    return true;
  });
}

before(async () => {
  server = await startEmpty();
  client = createCamundaClient({
    config: {
      CAMUNDA_REST_ADDRESS: server.url,
      CAMUNDA_AUTH_STRATEGY: 'BASIC',
      CAMUNDA_BASIC_AUTH_USERNAME: server.name,
      CAMUNDA_BASIC_AUTH_PASSWORD: server.password,
      // Checking what is sent would drop a cursor: of the shapes of a page, the one with only a limit fits first.
      CAMUNDA_SDK_VALIDATION: 'req:none,res:strict',
      CAMUNDA_SDK_LOG_LEVEL: 'error',
    },
  });
  await deploy('contact.bpmn', 'alarm.bpmn', 'risk.dmn', 'decision.form');
});

after(() => server?.stop());

test('the cluster says who it is and who is calling', async () => {
  const topology = await client.getTopology();
  assert.match(topology.gatewayVersion, /^8\./);
  assert.equal((await client.getAuthentication()).username, server.name);
  assert.equal((await client.getLicense()).validLicense, true);
  await client.getStatus();
});

test('what is deployed is found, read back, and known again', async () => {
  const again = await deploy('contact.bpmn');
  assert.equal(again.processes[0].processDefinitionVersion, 1);
  const found = await client.searchProcessDefinitions({ filter: { processDefinitionId: 'contact' } }, now);
  assert.deepEqual(found.items.map((item) => item.processDefinitionKey), [deployed.contact]);
  const xml = await client.getProcessDefinitionXml({ processDefinitionKey: deployed.contact }, now);
  assert.equal(xml, readFileSync(new URL('contact.bpmn', models), 'utf8'));
  const broken = new File(['<bpmn:definitions'], 'broken.bpmn');
  await refused(client.createDeployment({ resources: [broken] }), 400, /broken\.bpmn/);
});

test('a worker takes jobs as they come, and a person completes the task', async () => {
  const seen = [];
  const worker = client.createJobWorker({
    jobType: 'look-up',
    maxParallelJobs: 4,
    jobTimeoutMs: 60000,
    pollTimeoutMs: 5000,
    jobHandler: (job) => {
      seen.push(job.customHeaders.register);
      return job.complete({ found: true });
    },
  });
  const started = await client.createProcessInstance({ processDefinitionId: 'contact', variables: { reference: 'R-1' }, businessId: 'C-1' });
  let found;
  for (let attempt = 0; attempt < 100 && !found?.items.length; attempt += 1) {
    found = await client.searchUserTasks({ filter: { processInstanceKey: started.processInstanceKey } }, now);
    await new Promise((next) => setTimeout(next, 20));
  }
  await worker.stopGracefully({ waitUpToMs: 10000 });
  assert.deepEqual(seen, ['births']);
  const [task] = found.items;
  const { userTaskKey } = task;
  assert.equal(task.name, 'Decide what to do');
  await client.assignUserTask({ userTaskKey, assignee: server.name });
  await refused(client.assignUserTask({ userTaskKey, assignee: 'ruth', allowOverride: false }), 409, /assigned/);
  await client.updateUserTask({ userTaskKey, changeset: { priority: 80, dueDate: '2026-04-01T09:00:00Z' } });
  const changed = await client.getUserTask({ userTaskKey }, now);
  assert.deepEqual([changed.assignee, changed.priority, changed.dueDate], [server.name, 80, '2026-04-01T09:00:00.000Z']);
  const form = await client.getUserTaskForm({ userTaskKey }, now);
  assert.equal(form.formId, 'decision');
  const variables = await client.searchUserTaskVariables({ userTaskKey, filter: { name: 'found' } }, now);
  assert.deepEqual(variables.items.map((item) => item.value), ['true']);
  await client.unassignUserTask({ userTaskKey });
  await client.completeUserTask({ userTaskKey, variables: { what: 'visit' } });
  await refused(client.completeUserTask({ userTaskKey }), 404, /not open/);
  const lines = await client.searchUserTaskAuditLogs({ userTaskKey }, now);
  assert.deepEqual(lines.items.map((line) => line.operationType), ['ASSIGN', 'UPDATE', 'UNASSIGN', 'COMPLETE']);
  assert.deepEqual([...new Set(lines.items.map((line) => line.actorId))], [server.name]);
  const line = await client.getAuditLog({ auditLogKey: lines.items[0].auditLogKey }, now);
  assert.equal(line.entityType, 'USER_TASK');
});

test('a message finds who waits for it, once', async () => {
  const key = await contact('R-2');
  const { userTaskKey } = await taskOf(key);
  await client.completeUserTask({ userTaskKey });
  const waiting = await client.searchMessageSubscriptions({ filter: { messageName: 'school-answer', correlationKey: 'R-2' } }, now);
  assert.deepEqual(waiting.items.map((item) => item.processInstanceKey), [key]);
  await refused(client.correlateMessage({ name: 'school-answer', correlationKey: 'R-99' }), 404, /waits/);
  const correlated = await client.correlateMessage({ name: 'school-answer', correlationKey: 'R-2', variables: { attends: true } });
  assert.equal(correlated.processInstanceKey, key);
  const instance = await client.getProcessInstance({ processInstanceKey: key }, now);
  assert.equal(instance.state, 'COMPLETED');
  const published = await client.publishMessage({ name: 'school-answer', correlationKey: 'R-3', timeToLive: 60000, messageId: 'm-1' });
  assert.match(published.messageKey, /^\d+$/);
  await refused(client.publishMessage({ name: 'school-answer', correlationKey: 'R-3', timeToLive: 60000, messageId: 'm-1' }), 409, /m-1/);
});

test('a signal starts what waits for it', async () => {
  await client.broadcastSignal({ signalName: 'flood', variables: { river: 'Nile' } });
  const found = await client.searchProcessInstances({ filter: { processDefinitionId: 'alarm', state: 'ACTIVE' } }, now);
  assert.equal(found.items.length, 1);
  const { processInstanceKey } = found.items[0];
  await client.cancelProcessInstance({ processInstanceKey });
  await refused(client.cancelProcessInstance({ processInstanceKey }), 404, /./);
});

test('a job that fails becomes an incident, and goes on when it is resolved', async () => {
  const started = await client.createProcessInstance({ processDefinitionId: 'contact', variables: { reference: 'R-4' } });
  const { processInstanceKey } = started;
  const take = () => client.activateJobs({ type: 'look-up', worker: 'register', timeout: 60000, maxJobsToActivate: 1, requestTimeout: -1 });
  const [job] = (await take()).jobs;
  await client.failJob({ jobKey: job.jobKey, retries: 0, errorMessage: 'the register is closed' });
  const jobs = await client.searchJobs({ filter: { processInstanceKey } }, now);
  assert.deepEqual(jobs.items.map((item) => [item.state, item.retries, item.errorMessage]), [['FAILED', 0, 'the register is closed']]);
  const incidents = await client.searchProcessInstanceIncidents({ processInstanceKey }, now);
  assert.deepEqual(incidents.items.map((item) => item.errorType), ['JOB_NO_RETRIES']);
  const { incidentKey } = incidents.items[0];
  assert.equal((await client.getIncident({ incidentKey }, now)).jobKey, job.jobKey);
  await client.updateJob({ jobKey: job.jobKey, changeset: { retries: 2 } });
  await client.resolveIncident({ incidentKey });
  const [again] = (await take()).jobs;
  assert.equal(again.jobKey, job.jobKey);
  await again.complete({});
  await refused(client.completeJob({ jobKey: again.jobKey }), 404, /./);
  const flows = await client.getProcessInstanceSequenceFlows({ processInstanceKey }, now);
  assert.deepEqual(flows.items.map((flow) => flow.elementId).sort(), ['to-decide', 'to-look-up']);
  const statistics = await client.getProcessInstanceStatistics({ processInstanceKey }, now);
  assert.equal(statistics.items.find((item) => item.elementId === 'decide').active, 1);
  const elements = await client.searchElementInstances({ filter: { processInstanceKey, state: 'ACTIVE' } }, now);
  assert.deepEqual(elements.items.map((item) => [item.elementId, item.type]), [['decide', 'USER_TASK']]);
  const { elementInstanceKey } = elements.items[0];
  assert.equal((await client.getElementInstance({ elementInstanceKey }, now)).state, 'ACTIVE');
});

test('variables are set, found and read', async () => {
  const key = await contact('R-5');
  await client.createElementInstanceVariables({ elementInstanceKey: key, variables: { level: 'high', siblings: ['Ben', 'Eve'] } });
  const found = await client.searchVariables({ filter: { processInstanceKey: key, name: { $in: ['level', 'siblings'] } }, sort: [{ field: 'name' }] }, now);
  assert.deepEqual(found.items.map((item) => item.value), ['"high"', '["Ben","Eve"]']);
  const read = await client.getVariable({ variableKey: found.items[0].variableKey }, now);
  assert.equal(read.name, 'level');
  const instances = await client.searchProcessInstances({ filter: { processDefinitionId: 'contact', variables: [{ name: 'level', value: '"high"' }] } }, now);
  assert.deepEqual(instances.items.map((item) => item.processInstanceKey), [key]);
});

test('pages follow one another by their cursors', async () => {
  for (const number of [6, 7, 8]) await contact(`R-${number}`);
  const all = await client.searchUserTasks({ filter: { processDefinitionId: 'contact', state: 'CREATED' } }, now);
  const keys = [];
  let page = { limit: 2 };
  for (;;) {
    const found = await client.searchUserTasks({ filter: { processDefinitionId: 'contact', state: 'CREATED' }, page }, now);
    keys.push(...found.items.map((item) => item.userTaskKey));
    if (!found.page.endCursor) break;
    page = { limit: 2, after: found.page.endCursor };
  }
  assert.deepEqual(keys, all.items.map((item) => item.userTaskKey));
});

test('a decision is made, and what it was made of is kept', async () => {
  const found = await client.searchDecisionDefinitions({ filter: { decisionDefinitionId: 'risk' } }, now);
  const { decisionDefinitionKey } = found.items[0];
  const made = await client.evaluateDecision({ decisionDefinitionId: 'risk', variables: { age: 3 } });
  assert.equal(made.output, '"high"');
  const kept = await client.searchDecisionInstances({ filter: { decisionDefinitionKey } }, now);
  assert.equal(kept.items[0].result, '"high"');
  const { decisionEvaluationInstanceKey } = kept.items[0];
  const whole = await client.getDecisionInstance({ decisionEvaluationInstanceKey }, now);
  assert.equal(whole.matchedRules[0].ruleIndex, 1);
});

test('a case is moved by hand', async () => {
  const key = await contact('R-9');
  const task = await taskOf(key);
  await client.modifyProcessInstance({
    processInstanceKey: key,
    activateInstructions: [{ elementId: 'wait' }],
    terminateInstructions: [{ elementInstanceKey: task.elementInstanceKey }],
  });
  const waiting = await client.searchElementInstances({ filter: { processInstanceKey: key, state: 'ACTIVE' } }, now);
  assert.deepEqual(waiting.items.map((item) => item.elementId), ['wait']);
});

test('a case goes on with a newer version, and its task is the same', async () => {
  const moving = await contact('R-10');
  const before = await taskOf(moving);
  await client.assignUserTask({ userTaskKey: before.userTaskKey, assignee: server.name });
  const second = await deploy('contact-2.bpmn');
  const targetProcessDefinitionKey = second.processes[0].processDefinitionKey;
  await refused(client.migrateProcessInstance({ processInstanceKey: moving, targetProcessDefinitionKey, mappingInstructions: [] }), 409, /decide/);
  const mappingInstructions = [{ sourceElementId: 'decide', targetElementId: 'agree' }];
  await client.migrateProcessInstance({ processInstanceKey: moving, targetProcessDefinitionKey, mappingInstructions });
  const moved = await taskOf(moving);
  assert.deepEqual([moved.userTaskKey, moved.elementId, moved.assignee], [before.userTaskKey, 'agree', server.name]);
});

test('a worker that goes away takes nothing with it', async () => {
  const controller = new AbortController();
  const poll = fetch(`${server.url}/v2/jobs/activation`, {
    method: 'POST',
    signal: controller.signal,
    headers: { 'content-type': 'application/json', authorization: `Basic ${Buffer.from(`${server.name}:${server.password}`).toString('base64')}` },
    body: JSON.stringify({ type: 'look-up', worker: 'gone', timeout: 600000, maxJobsToActivate: 5, requestTimeout: 20000 }),
  });
  await new Promise((next) => setTimeout(next, 200));
  controller.abort();
  await assert.rejects(poll);
  await client.createProcessInstance({ processDefinitionId: 'contact', variables: { reference: 'R-11' } });
  const { jobs } = await client.activateJobs({ type: 'look-up', worker: 'here', timeout: 60000, maxJobsToActivate: 5, requestTimeout: 5000 });
  assert.equal(jobs.length, 1);
  await jobs[0].complete({});
});
