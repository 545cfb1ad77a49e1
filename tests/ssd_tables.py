"""A small Standard Safeguarding Dataset of the project's own: its tables as CSV files or in a database."""

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path

from sqlalchemy import Column, MetaData, String, Table, create_engine

Tables = dict[str, list[dict[str, str]]]

# One council in November 2026: C1 is in care, C2 has a protection plan, C3 is in need, C4 is there for short breaks.
COUNCIL: Tables = {
    "ssd_person": [
        {"pers_person_id": "1", "pers_dob": "2014-03-09 00:00:00", "pers_upn": "A820432109001",
         "pers_common_child_id": "9434765919", "pers_forename": "FORENAME", "pers_surname": "SURNAME"},
        {"pers_person_id": "2", "pers_dob": "2018-07-01 00:00:00", "pers_upn": "UN3"},
        {"pers_person_id": "3", "pers_dob": "2012-01-20 00:00:00"},
        {"pers_person_id": "4", "pers_dob": "2011-05-05 00:00:00"},
        {"pers_person_id": "5", "pers_dob": "", "pers_expected_dob": "2027-02-01 00:00:00"},
    ],
    "ssd_family": [{"fami_person_id": "1", "fami_family_id": "F1"}, {"fami_person_id": "2", "fami_family_id": "F1"}],
    "ssd_cin_episodes": [
        {"cine_referral_id": "R1", "cine_person_id": "1", "cine_referral_date": "2026-01-05", "cine_referral_nfa": "N"},
        {"cine_referral_id": "R2", "cine_person_id": "2", "cine_referral_date": "2026-02-02", "cine_referral_nfa": "N"},
        {"cine_referral_id": "R3", "cine_person_id": "3", "cine_referral_date": "2026-08-03", "cine_referral_nfa": "N"},
        {"cine_referral_id": "R4", "cine_person_id": "4", "cine_referral_date": "2026-11-02", "cine_referral_nfa": "Y"},
        {"cine_referral_id": "R5", "cine_person_id": "4", "cine_referral_date": "2025-01-06", "cine_referral_nfa": "Y",
         "cine_close_date": "2025-01-07"},
        {"cine_referral_id": "R6", "cine_person_id": "3", "cine_referral_date": "2024-01-08", "cine_referral_nfa": "N",
         "cine_close_date": "2024-09-06"},
    ],
    "ssd_cin_assessments": [
        {"cina_assessment_id": "A1", "cina_person_id": "1", "cina_referral_id": "R1",
         "cina_assessment_start_date": "2026-01-06", "cina_assessment_auth_date": "2026-02-10"},
        {"cina_assessment_id": "A2", "cina_person_id": "2", "cina_referral_id": "R2",
         "cina_assessment_start_date": "2026-02-03", "cina_assessment_auth_date": "2026-03-02"},
        {"cina_assessment_id": "A3", "cina_person_id": "3", "cina_referral_id": "R3",
         "cina_assessment_start_date": "2026-08-04", "cina_assessment_auth_date": "1900-01-01 00:00:00"},
    ],
    "ssd_cin_plans": [
        {"cinp_cin_plan_id": "N2", "cinp_person_id": "2", "cinp_cin_plan_start_date": "2026-03-02",
         "cinp_cin_plan_end_date": ""},
        {"cinp_cin_plan_id": "N3", "cinp_person_id": "3", "cinp_cin_plan_start_date": "2026-09-07",
         "cinp_cin_plan_end_date": ""},
        {"cinp_cin_plan_id": "N6", "cinp_person_id": "3", "cinp_cin_plan_start_date": "2024-02-05",
         "cinp_cin_plan_end_date": "2024-09-06"},
    ],
    "ssd_cin_visits": [
        {"cinv_cin_visit_id": "V3", "cinv_person_id": "3", "cinv_cin_visit_date": "2026-10-01",
         "cinv_cin_visit_seen": "Y", "cinv_cin_visit_seen_alone": "1"},
    ],
    "ssd_s47_enquiry": [
        {"s47e_s47_enquiry_id": "S2", "s47e_person_id": "2", "s47e_s47_start_date": "2026-03-09",
         "s47e_s47_end_date": "2026-03-20", "s47e_s47_nfa": "N",
         "s47e_s47_outcome_json": '{"OUTCOME_NFA_FLAG": "N", "OUTCOME_CP_CONFERENCE_FLAG": "Y"}'},
        {"s47e_s47_enquiry_id": "S3", "s47e_person_id": "3", "s47e_s47_start_date": "2026-08-10",
         "s47e_s47_end_date": "2026-08-14", "s47e_s47_nfa": "N",
         "s47e_s47_outcome_json": '{"COMMENTS": "said "no"", "CP_CONFERENCE_FLAG": "N"}'},
    ],
    "ssd_initial_cp_conference": [
        {"icpc_icpc_id": "I2", "icpc_s47_enquiry_id": "S2", "icpc_person_id": "2", "icpc_icpc_date": "2026-03-27"},
    ],
    "ssd_cp_plans": [
        {"cppl_cp_plan_id": "P2", "cppl_person_id": "2", "cppl_cp_plan_start_date": "2026-03-27",
         "cppl_cp_plan_end_date": "", "cppl_cp_plan_ola": "N"},
        {"cppl_cp_plan_id": "P4", "cppl_person_id": "4", "cppl_cp_plan_start_date": "2026-03-27",
         "cppl_cp_plan_end_date": "", "cppl_cp_plan_ola": "Y"},
        {"cppl_cp_plan_id": "P5", "cppl_person_id": "2", "cppl_cp_plan_start_date": "2022-01-10",
         "cppl_cp_plan_end_date": "2022-10-05", "cppl_cp_plan_ola": "N"},
    ],
    "ssd_cp_visits": [
        {"cppv_cp_visit_id": "W1", "cppv_person_id": "2", "cppv_cp_plan_id": "P2", "cppv_cp_visit_date": "2026-11-13",
         "cppv_cp_visit_seen": "Y", "cppv_cp_visit_seen_alone": "N"},
    ],
    "ssd_cp_reviews": [
        {"cppr_cp_review_id": "Q1", "cppr_person_id": "2", "cppr_cp_plan_id": "P2",
         "cppr_cp_review_due": "2026-06-27", "cppr_cp_review_date": "2026-06-24"},
        {"cppr_cp_review_id": "Q2", "cppr_person_id": "2", "cppr_cp_plan_id": "P2",
         "cppr_cp_review_due": "2026-12-20", "cppr_cp_review_date": ""},
    ],
    "ssd_cla_episodes": [
        {"clae_cla_episode_id": "E1", "clae_person_id": "1", "clae_cla_id": "L1",
         "clae_cla_episode_start_date": "2026-02-16", "clae_cla_episode_ceased_date": "2026-05-11",
         "clae_cla_episode_ceased_reason": "X1", "clae_entered_care_date": "2026-02-16"},
        {"clae_cla_episode_id": "E2", "clae_person_id": "1", "clae_cla_id": "L1",
         "clae_cla_episode_start_date": "2026-05-11", "clae_cla_episode_ceased_date": "",
         "clae_cla_episode_ceased_reason": "", "clae_entered_care_date": "2026-02-16"},
        {"clae_cla_episode_id": "E3", "clae_person_id": "3", "clae_cla_id": "L3",
         "clae_cla_episode_start_date": "2023-03-01", "clae_cla_episode_ceased_date": "2023-04-28",
         "clae_cla_episode_ceased_reason": "E4A", "clae_entered_care_date": "2023-03-01"},
        {"clae_cla_episode_id": "E4", "clae_person_id": "4", "clae_cla_id": "L4",
         "clae_cla_episode_start_date": "2026-07-06", "clae_cla_episode_ceased_date": "",
         "clae_cla_episode_ceased_reason": "", "clae_entered_care_date": "2026-07-06"},
    ],
    "ssd_legal_status": [
        {"lega_legal_status_id": "G1", "lega_person_id": "1", "lega_legal_status": "V2",
         "lega_legal_status_start_date": "2026-02-16", "lega_legal_status_end_date": "2026-05-11"},
        {"lega_legal_status_id": "G2", "lega_person_id": "1", "lega_legal_status": "C1 - Interim care order",
         "lega_legal_status_start_date": "2026-05-11", "lega_legal_status_end_date": ""},
        {"lega_legal_status_id": "G4", "lega_person_id": "4", "lega_legal_status": "V4",
         "lega_legal_status_start_date": "2026-07-06", "lega_legal_status_end_date": ""},
    ],
    "ssd_cla_placement": [
        {"clap_cla_placement_id": "T1", "clap_person_id": "1", "clap_cla_id": "L1", "clap_cla_placement_type": "U6",
         "clap_cla_placement_start_date": "2026-02-16", "clap_cla_placement_end_date": "2026-05-11"},
        {"clap_cla_placement_id": "T2", "clap_person_id": "1", "clap_cla_id": "L1", "clap_cla_placement_type": "U4",
         "clap_cla_placement_start_date": "2026-05-11", "clap_cla_placement_end_date": ""},
    ],
    "ssd_cla_reviews": [
        {"clar_cla_review_id": "B1", "clar_cla_id": "L1", "clar_cla_review_due_date": "2026-03-13",
         "clar_cla_review_date": "2026-03-11", "clar_cla_review_cancelled": "N"},
        {"clar_cla_review_id": "B2", "clar_cla_id": "L1", "clar_cla_review_due_date": "2026-06-11",
         "clar_cla_review_date": "2026-06-10", "clar_cla_review_cancelled": "Y"},
        {"clar_cla_review_id": "B3", "clar_cla_id": "L1", "clar_cla_review_due_date": "2026-12-03",
         "clar_cla_review_date": "2026-12-03", "clar_cla_review_cancelled": "N"},
    ],
    "ssd_cla_visits": [
        {"clav_cla_visit_id": "X1", "clav_person_id": "1", "clav_cla_id": "L1", "clav_cla_visit_date": "2026-10-20",
         "clav_cla_visit_seen": "Y", "clav_cla_visit_seen_alone": "Y"},
    ],
    "ssd_cla_health": [
        {"clah_health_check_id": "H1", "clah_person_id": "1", "clah_health_check_type": "Initial Health Assessment",
         "clah_health_check_date": "2026-03-02", "clah_health_check_status": "Completed"},
        {"clah_health_check_id": "H2", "clah_person_id": "1", "clah_health_check_type": "Review Health Assessment",
         "clah_health_check_date": "2026-09-02", "clah_health_check_status": "Refused"},
        {"clah_health_check_id": "H3", "clah_person_id": "1", "clah_health_check_type": "Dental Check",
         "clah_health_check_date": "2026-09-09", "clah_health_check_status": "Completed"},
    ],
    "ssd_sdq_scores": [
        {"csdq_table_id": "D1", "csdq_person_id": "1", "csdq_sdq_completed_date": "2026-04-01", "csdq_sdq_score": "14"},
        {"csdq_table_id": "D2", "csdq_person_id": "1", "csdq_sdq_completed_date": "2026-10-01", "csdq_sdq_score": ""},
    ],
    "ssd_missing": [
        {"miss_table_id": "M1", "miss_person_id": "1", "miss_missing_episode_start_date": "2026-10-30 21:15:00",
         "miss_missing_episode_type": "M", "miss_missing_episode_end_date": "2026-10-31 09:30:00",
         "miss_missing_rhi_offered": "Y", "miss_missing_rhi_accepted": "N"},
        {"miss_table_id": "M2", "miss_person_id": "1", "miss_missing_episode_start_date": "2026-11-01 10:00:00",
         "miss_missing_episode_type": "A", "miss_missing_episode_end_date": ""},
    ],
    "ssd_permanence": [
        {"perm_table_id": "K1", "perm_person_id": "1", "perm_adm_decision_date": "2026-06-01",
         "perm_placement_order_date": "2026-07-01", "perm_matched_date": "1900-01-01",
         "perm_placed_foster_carer_date": "1900-01-01"},
    ],
    "ssd_involvements": [
        {"invo_involvements_id": "O1", "invo_person_id": "1", "invo_professional_id": "71",
         "invo_professional_role_id": "CW", "invo_professional_team": "T7",
         "invo_involvement_start_date": "2026-02-16", "invo_involvement_end_date": "1900-01-01"},
        {"invo_involvements_id": "O0", "invo_person_id": "1", "invo_professional_id": "70",
         "invo_professional_role_id": "CW", "invo_professional_team": "T6",
         "invo_involvement_start_date": "2026-01-05", "invo_involvement_end_date": "2026-02-16"},
        {"invo_involvements_id": "O2", "invo_person_id": "1", "invo_professional_id": "72",
         "invo_professional_role_id": "IRO", "invo_professional_team": "T9",
         "invo_involvement_start_date": "2026-02-18", "invo_involvement_end_date": ""},
        {"invo_involvements_id": "O3", "invo_person_id": "2", "invo_professional_id": "-1",
         "invo_professional_role_id": "CW", "invo_professional_team": "-1",
         "invo_involvement_start_date": "2026-02-16", "invo_involvement_end_date": ""},
        {"invo_involvements_id": "O4", "invo_person_id": "3", "invo_professional_id": "73",
         "invo_professional_role_id": "HVISITOR", "invo_professional_team": "",
         "invo_involvement_start_date": "2026-02-16", "invo_involvement_end_date": ""},
    ],
    "ssd_pre_proceedings": [],
    "ssd_professionals": [{"prof_professional_id": "71", "prof_professional_name": "FORENAME SURNAME"}],
}  # fmt: skip
EMPTY = {"ssd_pre_proceedings": ("prep_person_id", "prep_plo_family_id", "prep_pre_pro_decision_date",
                                 "prep_pre_pro_letter_date", "prep_initial_pre_pro_meeting_date",
                                 "prep_agree_stepdown_issue_date", "prep_pre_pro_outcome")}  # fmt: skip


def council(**instead: Sequence[Mapping[str, str]]) -> Tables:
    """The council with these tables instead of its own."""
    return {**COUNCIL, **{name: [dict(row) for row in rows] for name, rows in instead.items()}}


def columns(name: str, rows: Sequence[Mapping[str, str]]) -> list[str]:
    return list(dict.fromkeys(key for row in rows for key in row)) or list(EMPTY.get(name, ()))


def as_files(tables: Tables, folder: Path) -> Path:
    """One CSV for each table."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, columns(name, rows), restval="")
            writer.writeheader()
            writer.writerows(rows)
    return folder


def as_database(tables: Tables, url: str, schema: str | None = None) -> str:
    """The same as tables of a database; what is empty is null there."""
    engine = create_engine(url)
    metadata = MetaData(schema=schema)
    made = {
        name: Table(name, metadata, *(Column(each, String(4000)) for each in columns(name, rows)))
        for name, rows in tables.items()
    }
    with engine.begin() as connection:
        metadata.drop_all(connection)
        metadata.create_all(connection)
        for name, rows in tables.items():
            if rows:
                whole = [{each: row.get(each) or None for each in columns(name, rows)} for row in rows]
                connection.execute(made[name].insert(), whole)
    engine.dispose()
    return url
