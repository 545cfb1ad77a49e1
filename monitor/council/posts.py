"""The registers of staff: teams, workers, and the posts outside the line."""

from monitor.council.registers import Registers
from monitor.council.staff import Staff


def write_staff(registers: Registers, staff: Staff) -> None:
    """Teams with their line, workers by post and number, and who holds the posts outside the line."""
    _write_teams(registers, staff)
    _write_workers(registers, staff)
    for role, worker in staff.posts.items():
        registers.add("roles", role=role, worker_id=worker.id)
    registers.add("roles", role="legal", mailbox="legal@council.example")


def _write_teams(registers: Registers, staff: Staff) -> None:
    for team in sorted(staff.all_teams(), key=lambda team: team.id):
        service_manager, head, director = team.line
        registers.add(
            "teams",
            team_id=team.id,
            name=team.name,
            service=team.service,
            team_manager_id=team.manager_id,
            service_manager_id=service_manager,
            head_of_service_id=head,
            director_id=director,
        )


def _write_workers(registers: Registers, staff: Staff) -> None:
    for worker in staff.workers:
        registers.add(
            "workers",
            worker_id=worker.id,
            name=worker.name,
            email=worker.email,
            role=worker.role,
            team_id=worker.team_id,
            manager_id=worker.manager_id,
            fte=worker.fte,
            started_on=worker.started_on,
            asye_started_on=worker.asye_started_on,
            asye_ended_on=worker.asye_ended_on,
            left_on=worker.left_on,
        )
