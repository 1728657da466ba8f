"""The Python client, unmodified. It refuses an answer that lacks a field which its release requires."""

import asyncio
import os
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

from camunda_orchestration_sdk import CamundaAsyncClient, WorkerConfig, errors, models

MODELS = Path(__file__).parent / "models"
NAME, PASSWORD = "integrator", "letters-and-numbers-7"
ROLES = ["caseworker", "supervisor", "designer", "administrator"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """The program over an empty database, with one user who has every role."""

    def __init__(self):
        program = os.environ["CASEWAY_PROGRAM"]
        self.folder = tempfile.TemporaryDirectory(prefix="caseway-clients-")
        database = f"sqlite:{self.folder.name}/caseway.db"
        roles = [word for role in ROLES for word in ("--role", role)]
        add = [program, "user", "add", NAME, *roles, "--password-stdin", "--database", database]
        subprocess.run(add, input=f"{PASSWORD}\n", text=True, check=True, stdout=subprocess.DEVNULL)
        address = f"127.0.0.1:{free_port()}"
        self.url = f"http://{address}"
        serve = [program, "serve", "--listen", address, "--database", database, "--log", "warn"]
        self.process = subprocess.Popen(serve)
        until = time.monotonic() + 30
        while not self.ready():
            if self.process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("the program did not become ready")
            time.sleep(0.1)

    def ready(self):
        try:
            with urllib.request.urlopen(f"{self.url}/health/ready") as answer:
                return answer.status == 200
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.folder.cleanup()


class PythonClient(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Server()
        cls.addClassCleanup(cls.server.stop)

    async def asyncSetUp(self):
        configuration = {
            "CAMUNDA_REST_ADDRESS": self.server.url,
            "CAMUNDA_AUTH_STRATEGY": "BASIC",
            "CAMUNDA_BASIC_AUTH_USERNAME": NAME,
            "CAMUNDA_BASIC_AUTH_PASSWORD": PASSWORD,
        }
        self.client = CamundaAsyncClient(configuration=configuration)
        files = [MODELS / name for name in ("contact.bpmn", "alarm.bpmn", "risk.dmn", "decision.form")]
        self.deployed = await self.client.deploy_resources_from_files(files)

    async def asyncTearDown(self):
        await self.client.aclose()

    async def start(self, reference):
        asked = {"processDefinitionId": "contact", "variables": {"reference": reference}}
        return await self.client.create_process_instance(data=models.ProcessCreationById.from_dict(asked))

    async def tasks(self, instance):
        asked = {"filter": {"processInstanceKey": instance, "state": "CREATED"}}
        found = await self.client.search_user_tasks(data=models.UserTaskSearchQuery.from_dict(asked))
        return found.items

    async def test_a_worker_does_the_job_a_person_the_task_and_a_message_ends_it(self):
        topology = await self.client.get_topology()
        self.assertTrue(topology.gateway_version.startswith("8."))
        done = []

        async def look_up(job):
            done.append(job.job_key)
            return {"found": True}

        config = WorkerConfig(job_type="look-up", job_timeout_milliseconds=60000)
        worker = self.client.create_job_worker(config, look_up)
        started = await self.start("P-1")
        instance = started.process_instance_key
        for _ in range(100):
            tasks = await self.tasks(instance)
            if tasks:
                break
            await asyncio.sleep(0.05)
        await worker.aclose()
        self.assertEqual(len(done), 1)
        [task] = tasks
        self.assertEqual((task.name, task.assignee), ("Decide what to do", None))
        key = task.user_task_key
        assign = models.UserTaskAssignmentRequest(assignee=NAME)
        await self.client.assign_user_task(user_task_key=key, data=assign)
        await self.client.complete_user_task(user_task_key=key, data=models.UserTaskCompletionRequest())
        lines = await self.client.search_user_task_audit_logs(user_task_key=key, data=models.UserTaskAuditLogSearchQueryRequest())
        self.assertEqual([line.operation_type.value for line in lines.items], ["ASSIGN", "COMPLETE"])
        message = models.MessageCorrelationRequest(name="school-answer", correlation_key="P-1")
        correlated = await self.client.correlate_message(data=message)
        self.assertEqual(correlated.process_instance_key, instance)
        ended = await self.client.get_process_instance(process_instance_key=instance)
        self.assertEqual(ended.state.value, "COMPLETED")

    async def test_everything_that_is_searched_has_all_that_the_release_requires(self):
        started = await self.start("P-2")
        instance = started.process_instance_key
        of_instance = {"filter": {"processInstanceKey": instance}}
        client = self.client
        asked = models.JobSearchQuery.from_dict(of_instance)
        [job] = (await client.search_jobs(data=asked)).items
        failed = models.JobFailRequest(retries=0, error_message="the register is closed")
        await client.fail_job(job_key=job.job_key, data=failed)
        [incident] = (await client.search_incidents(data=models.IncidentSearchQuery.from_dict(of_instance))).items
        self.assertIn("the register is closed", incident.error_message)
        for search, query in [
            (client.search_process_instances, models.ProcessInstanceSearchQuery),
            (client.search_element_instances, models.ElementInstanceSearchQuery),
            (client.search_variables, models.VariableSearchQuery),
            (client.search_audit_logs, models.AuditLogSearchQueryRequest),
        ]:
            found = await search(data=query.from_dict(of_instance))
            self.assertGreater(found.page.total_items, 0, query.__name__)
        definitions = await client.search_process_definitions(data=models.ProcessDefinitionSearchQuery())
        self.assertEqual({one.process_definition_id for one in definitions.items}, {"contact", "alarm"})
        update = models.JobUpdateRequest.from_dict({"changeset": {"retries": 1}})
        await client.update_job(job_key=job.job_key, data=update)
        await client.resolve_incident(incident_key=incident.incident_key, data=models.IncidentResolutionRequest())

    async def test_what_an_instance_waits_for_and_what_is_deployed(self):
        client = self.client
        started = await self.start("P-3")
        asked = {"filter": {"processInstanceKey": started.process_instance_key}}
        waits = await client.search_element_instance_wait_states(data=models.ElementInstanceWaitStateQuery.from_dict(asked))
        [wait] = waits.items
        self.assertEqual((wait.element_id, wait.details.job_type), ("look-up", "look-up"))
        counts = await client.get_process_instance_wait_state_statistics(process_instance_key=started.process_instance_key)
        self.assertEqual([(one.element_id, one.waiting_count) for one in counts.items], [("look-up", 1)])
        asked = {"filter": {"resourceName": "decision.form"}}
        [form] = (await client.search_resources(data=models.ResourceSearchQuery.from_dict(asked))).items
        read = await client.get_form_by_key(form_key=form.resource_key)
        self.assertEqual(read.schema, (MODELS / "decision.form").read_text())
        self.assertEqual((await client.get_resource(resource_key=form.resource_key)).resource_name, "decision.form")

    async def test_a_decision_a_signal_and_what_is_refused(self):
        asked = {"decisionDefinitionId": "risk", "variables": {"age": 3}}
        made = await self.client.evaluate_decision(data=models.DecisionEvaluationByID.from_dict(asked))
        self.assertEqual(made.output, '"high"')
        await self.client.broadcast_signal(data=models.SignalBroadcastRequest(signal_name="flood"))
        of_alarm = {"filter": {"processDefinitionId": "alarm"}}
        found = await self.client.search_process_instances(data=models.ProcessInstanceSearchQuery.from_dict(of_alarm))
        self.assertEqual(len(found.items), 1)
        with self.assertRaises(errors.NotFoundError):
            await self.client.get_user_task(user_task_key="7")
        nobody = models.MessageCorrelationRequest(name="school-answer", correlation_key="nobody")
        with self.assertRaises(errors.NotFoundError):
            await self.client.correlate_message(data=nobody)


if __name__ == "__main__":
    unittest.main(verbosity=2)
