"""The mail door against real servers on this machine, friendly and otherwise."""

import asyncio
import gc
import ssl
import time
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import pytest
import trustme

from monitor.errors import Refused, RetryLater
from monitor.mail import Mailer, MailServer, NotTried, OutOfService, Parcel, Result, Sent, hand_over_all
from tests.smtp_servers import (
    HANGS_UP,
    SAYS_NOTHING,
    Doorman,
    PostOffice,
    ScriptedServer,
    running,
    server_tls,
)

SENDER = "monitor@council.test"
MANAGER = "team.manager@council.test"
RAW = (
    b"From: monitor@council.test\r\nTo: team.manager@council.test\r\nMessage-ID: <1@council.test>\r\n"
    b"Subject: A visit is due\r\n\r\n.a line with a dot\r\n..and two\r\n\r\nquiet-words-of-the-mail\r\n"
)
PASSWORD = "correct-horse-battery"


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("trust") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return path


@pytest.fixture(autouse=True)
def _nothing_is_left_open() -> Iterator[None]:
    yield
    gc.collect()  # a socket left open warns here, and a warning fails the test


def a_server(
    port: int,
    security: Literal["none", "starttls", "tls"] = "none",
    *,
    ca_file: Path | None = None,
    timeout: float = 5.0,
    password: str | None = None,
) -> MailServer:
    return MailServer(
        host="127.0.0.1",
        port=port,
        security=security,
        user="monitor" if password else None,
        password=password,
        ca_file=ca_file,
        timeout=timeout,
        local_hostname="monitor.council.test",
    )


def a_parcel(key: int, recipient: str = MANAGER, raw: bytes = RAW) -> Parcel:
    return Parcel(key=key, sender=SENDER, recipient=recipient, raw=raw)


def handed_over(server: MailServer, *parcels: Parcel) -> list[Result]:
    results: list[Result] = []
    hand_over_all(server, parcels or [a_parcel(1)], lambda _parcel, result: results.append(result))
    return results


def the_result(server: MailServer, parcel: Parcel | None = None) -> Result:
    (result,) = handed_over(server, parcel or a_parcel(1))
    return result


def scripted(**script: str) -> ScriptedServer:
    return ScriptedServer(script)


def test_a_mail_arrives_byte_for_byte() -> None:
    office = PostOffice()
    with running(office) as port:
        assert the_result(a_server(port)) == Sent(reply="2.0.0 Ok: queued as 4XyZ")
    (envelope,) = office.taken
    assert (envelope.original_content, envelope.mail_from, envelope.rcpt_tos) == (RAW, SENDER, [MANAGER])


def test_bytes_beyond_ascii_arrive_unchanged_and_are_announced() -> None:
    office = PostOffice()
    raw = RAW + "Ein Gespräch über Pläne, café\r\n".encode()
    with running(office) as port:
        assert isinstance(the_result(a_server(port), a_parcel(1, raw=raw)), Sent)
    assert office.taken[0].original_content == raw
    assert "BODY=8BITMIME" in office.taken[0].mail_options


def test_bare_line_ends_become_those_of_mail_and_nothing_else_changes() -> None:
    office = PostOffice()
    with running(office) as port:
        the_result(a_server(port), a_parcel(1, raw=RAW.replace(b"\r\n", b"\n")))
    assert office.taken[0].original_content == RAW


def test_many_mails_go_over_one_line() -> None:
    with scripted() as server:
        results = handed_over(a_server(server.port), *(a_parcel(key) for key in range(5)))
        assert server.calls == 1
    assert [type(result) for result in results] == [Sent] * 5


def test_starttls_with_a_known_authority_delivers(authority: trustme.CA, ca_file: Path) -> None:
    office = PostOffice()
    with running(office, tls_context=server_tls(authority), require_starttls=True) as port:
        assert isinstance(the_result(a_server(port, "starttls", ca_file=ca_file)), Sent)
    assert office.taken[0].original_content == RAW


def test_implicit_tls_with_a_known_authority_delivers(authority: trustme.CA, ca_file: Path) -> None:
    office = PostOffice()
    with running(office, ssl_context=server_tls(authority)) as port:
        assert [
            type(r) for r in handed_over(a_server(port, "tls", ca_file=ca_file), a_parcel(1), a_parcel(2))
        ] == [
            Sent,
            Sent,
        ]
    assert office.taken[0].original_content == RAW


@pytest.mark.parametrize("how", ["starttls", "tls"])
def test_a_certificate_of_an_unknown_authority_is_never_accepted(
    how: Literal["starttls", "tls"], authority: trustme.CA, tmp_path: Path
) -> None:
    stranger = tmp_path / "stranger.pem"
    trustme.CA().cert_pem.write_to_path(stranger)
    office = PostOffice()
    context = server_tls(authority)
    setting: dict[str, Any] = {"tls_context" if how == "starttls" else "ssl_context": context}
    with running(office, **setting) as port:
        result = the_result(a_server(port, how, ca_file=stranger))
    assert isinstance(result, OutOfService)
    assert "certificate was not accepted" in str(result)
    assert "See security and ca-file" in str(result)
    assert office.taken == []


def test_a_certificate_for_another_name_is_not_accepted(authority: trustme.CA, ca_file: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("mail.elsewhere.test").configure_cert(context)
    with running(PostOffice(), ssl_context=context) as port:
        result = the_result(a_server(port, "tls", ca_file=ca_file))
    assert isinstance(result, OutOfService)
    assert "certificate was not accepted" in str(result)


def test_a_missing_file_of_authorities_is_named_as_the_setting(tmp_path: Path) -> None:
    with scripted() as server:
        result = the_result(a_server(server.port, "tls", ca_file=tmp_path / "none.pem"))
    assert isinstance(result, OutOfService)
    assert "See ca-file in [mail]." in str(result)


def test_a_server_without_starttls_gets_no_mail_in_plain_text(ca_file: Path) -> None:
    with scripted() as server:
        result = the_result(a_server(server.port, "starttls", ca_file=ca_file, password=PASSWORD))
        assert {command.partition(" ")[0] for command in server.heard} <= {"EHLO", "NOOP", "QUIT", ""}
    assert isinstance(result, OutOfService)
    assert "does not offer STARTTLS" in str(result)
    assert "See security in [mail]." in str(result)


def test_a_server_that_takes_back_its_starttls_gets_no_mail(ca_file: Path) -> None:
    script = {"EHLO": "250-script.test\r\n250 STARTTLS", "STARTTLS": "454 4.7.0 TLS not available"}
    with ScriptedServer(script) as server:
        result = the_result(a_server(server.port, "starttls", ca_file=ca_file))
        assert "MAIL" not in " ".join(server.heard)
    assert isinstance(result, OutOfService)
    assert result.code == 454


def test_a_plain_server_where_tls_is_expected_gets_no_mail(ca_file: Path) -> None:
    with scripted() as server:
        result = the_result(a_server(server.port, "tls", ca_file=ca_file))
    assert isinstance(result, OutOfService)
    assert "agree on TLS" in str(result)


def test_the_right_password_lets_us_in(authority: trustme.CA, ca_file: Path) -> None:
    office, doorman = PostOffice(), Doorman(user="monitor", password=PASSWORD)
    tls = server_tls(authority)
    with running(office, tls_context=tls, authenticator=doorman, auth_required=True) as port:
        assert isinstance(the_result(a_server(port, "starttls", ca_file=ca_file, password=PASSWORD)), Sent)


def test_a_wrong_password_is_tried_once_and_the_rest_waits(authority: trustme.CA, ca_file: Path) -> None:
    doorman = Doorman(user="monitor", password="another")  # noqa: S106
    tls = server_tls(authority)
    with running(PostOffice(), tls_context=tls, authenticator=doorman, auth_required=True) as port:
        server = a_server(port, "starttls", ca_file=ca_file, password=PASSWORD)
        first, second = handed_over(server, a_parcel(1), a_parcel(2))
    assert isinstance(first, OutOfService)
    assert first.code == 535
    assert "See user and password in [mail]." in str(first)
    assert isinstance(second, NotTried)
    assert doorman.tries == 1


def test_a_sign_in_that_fails_for_now_is_tried_again_for_the_next_mail(
    authority: trustme.CA, ca_file: Path
) -> None:
    doorman = Doorman(user="monitor", password="another", otherwise="454 4.7.0 Try again")  # noqa: S106
    tls = server_tls(authority)
    with running(PostOffice(), tls_context=tls, authenticator=doorman, auth_required=True) as port:
        server = a_server(port, "starttls", ca_file=ca_file, password=PASSWORD)
        results = handed_over(server, a_parcel(1), a_parcel(2))
    assert [(type(result), result.code) for result in results if isinstance(result, RetryLater)] == [
        (OutOfService, 454),
        (OutOfService, 454),
    ]
    assert doorman.tries == 2


def test_a_server_that_wants_a_sign_in_is_a_matter_of_settings(authority: trustme.CA, ca_file: Path) -> None:
    tls = server_tls(authority)
    with running(PostOffice(), tls_context=tls, auth_required=True) as port:
        result = the_result(a_server(port, "starttls", ca_file=ca_file))
    assert isinstance(result, OutOfService)
    assert result.code == 530
    assert "user and password" in str(result)


def test_a_server_that_offers_no_sign_in_is_a_matter_of_settings() -> None:
    with scripted() as server:
        result = the_result(a_server(server.port, password=PASSWORD))
    assert isinstance(result, OutOfService)
    assert "offers no way to sign in" in str(result)


def test_without_tls_the_method_that_hides_the_password_comes_first() -> None:
    script = {"EHLO": "250-script.test\r\n250 AUTH PLAIN CRAM-MD5", "AUTH": "334 PDFAc2NyaXB0LnRlc3Q+"}
    with ScriptedServer(script) as server:
        the_result(a_server(server.port, password=PASSWORD))
        assert "AUTH CRAM-MD5" in server.heard


def test_a_refused_recipient_is_refused_and_the_next_mail_goes_on_the_same_line() -> None:
    office = PostOffice(rcpt={"gone@council.test": "550 5.1.1 <gone@council.test> User unknown"})
    with running(office) as port:
        gone, there = handed_over(a_server(port), a_parcel(1, "gone@council.test"), a_parcel(2))
    assert isinstance(gone, Refused)
    assert gone.code == 550
    assert "it answered 550 5.1.1. It refuses the recipient's address." in str(gone)
    assert isinstance(there, Sent)
    assert len(office.sessions) == 1


def test_a_refusal_stands_although_the_server_is_silent_afterwards() -> None:
    with scripted(RCPT="550 5.1.1 no such user", RSET=SAYS_NOTHING) as server:
        refused, again = handed_over(a_server(server.port, timeout=0.3), a_parcel(1), a_parcel(2))
    assert (type(refused), type(again)) == (Refused, Refused)


def test_a_refused_sender_is_a_matter_of_settings_and_loses_no_mail() -> None:
    with running(PostOffice(mail="550 5.7.60 not permitted to send as this sender")) as port:
        result = the_result(a_server(port))
    assert isinstance(result, OutOfService)
    assert result.code == 550
    assert "See sender in [mail]." in str(result)


def test_greylisting_is_tried_later_and_is_no_failure_of_the_line() -> None:
    office = PostOffice(rcpt={MANAGER: "451 4.7.1 Greylisted, come back in five minutes"})
    with running(office) as port:
        results = handed_over(a_server(port), *(a_parcel(key) for key in range(5)))
    assert [type(result) for result in results] == [RetryLater] * 5
    assert "it answered 451 4.7.1." in str(results[0])


def test_a_mail_that_is_put_off_at_its_end_is_tried_later() -> None:
    with running(PostOffice(data=["452 4.3.1 Insufficient storage"])) as port:
        result = the_result(a_server(port))
    assert type(result) is RetryLater
    assert result.code == 452


def test_a_mail_that_the_server_rejects_is_refused() -> None:
    with running(PostOffice(data=["554 5.7.1 quiet-words-of-the-mail are not liked"])) as port:
        result = the_result(a_server(port))
    assert isinstance(result, Refused)
    assert result.code == 554


def test_a_mail_too_big_is_refused_before_it_is_sent() -> None:
    with running(PostOffice(), data_size_limit=1000) as port:
        result = the_result(a_server(port), a_parcel(1, raw=RAW + b"x" * 70 + b"\r\n" * 500))
    assert isinstance(result, Refused)
    assert result.code == 552
    assert "too big" in str(result)


@pytest.mark.parametrize("moment", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."])
def test_a_server_that_closes_shop_gets_the_mail_later(moment: str) -> None:
    with ScriptedServer({moment: "421 4.3.2 shutting down", "HELO": HANGS_UP}) as server:
        result = the_result(a_server(server.port))
    assert isinstance(result, OutOfService)
    assert moment == "EHLO" or result.code == 421


@pytest.mark.parametrize("moment", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "BODY", "."])
def test_a_line_that_drops_means_later(moment: str) -> None:
    with ScriptedServer({moment: HANGS_UP}) as server:
        result = the_result(a_server(server.port))
    assert isinstance(result, OutOfService)
    assert "it hung up" in str(result)


@pytest.mark.parametrize("moment", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "."])
def test_a_server_that_never_answers_is_left_after_the_timeout(moment: str) -> None:
    started = time.monotonic()
    with ScriptedServer({moment: SAYS_NOTHING}) as server:
        result = the_result(a_server(server.port, timeout=0.3))
    assert isinstance(result, OutOfService)
    assert "did not answer in time" in str(result)
    assert 0.25 < time.monotonic() - started < 3


def test_a_server_that_stops_reading_a_long_mail_is_left_with_the_mail_unfinished() -> None:
    with scripted(BODY=SAYS_NOTHING) as server:
        raw = RAW + (b"x" * 70 + b"\r\n") * 200_000
        result = the_result(a_server(server.port, timeout=0.3), a_parcel(1, raw=raw))
    assert isinstance(result, OutOfService)


def test_a_secure_server_that_never_answers_is_left_after_the_timeout(
    authority: trustme.CA, ca_file: Path
) -> None:
    with ScriptedServer({"CONNECT": SAYS_NOTHING}, server_tls(authority)) as server:
        result = the_result(a_server(server.port, "tls", ca_file=ca_file, timeout=0.3))
    assert isinstance(result, OutOfService)
    assert "did not answer in time" in str(result)


def test_a_server_that_never_says_goodbye_does_not_undo_the_mail() -> None:
    with scripted(QUIT=SAYS_NOTHING) as server:
        assert isinstance(the_result(a_server(server.port, timeout=0.3)), Sent)


@pytest.mark.parametrize("nonsense", ["HTTP/1.1 400 Bad Request", "250 too early", "999 what"])
def test_a_server_that_talks_nonsense_refuses_nothing(nonsense: str) -> None:
    with scripted(DATA=nonsense) as server:
        assert isinstance(the_result(a_server(server.port)), OutOfService)


def test_a_server_that_is_not_there_means_later() -> None:
    with scripted() as server:
        port = server.port
    result = the_result(a_server(port))
    assert isinstance(result, OutOfService)
    assert str(result) == (
        f"The mail server 127.0.0.1:{port} could not be reached: nothing listens there. "
        "See host, port and security in [mail]."
    )


@pytest.mark.parametrize("host", ["mail.invalid", "x" * 64 + ".test", "two words"])
def test_a_host_that_cannot_be_found_means_later(host: str) -> None:
    server = MailServer(host=host, port=25, security="none", timeout=5, local_hostname="monitor.test")
    assert isinstance(the_result(server), OutOfService)


def test_our_own_host_name_may_be_wrong_without_a_mail_being_refused() -> None:
    with scripted() as server:
        wrong = MailServer(host="127.0.0.1", port=server.port, security="none", local_hostname="bü cher")
        assert isinstance(the_result(wrong), OutOfService)


def test_a_server_that_goes_away_and_comes_back_between_two_mails_gets_both() -> None:
    office = PostOffice()

    async def with_a_restart() -> None:
        with running(office) as port:
            mailer = Mailer(a_server(port))
            await mailer.hand_over(sender=SENDER, recipient=MANAGER, raw=RAW)
        async with mailer:
            with pytest.raises(OutOfService):
                await mailer.hand_over(sender=SENDER, recipient=MANAGER, raw=RAW)
            with running(office, port=port):
                await mailer.hand_over(sender=SENDER, recipient=MANAGER, raw=RAW)

    asyncio.run(with_a_restart())
    assert len(office.taken) == 2


def test_a_server_that_hangs_up_on_an_idle_line_is_called_again() -> None:
    with scripted(RSET=HANGS_UP) as server:
        results = handed_over(a_server(server.port), a_parcel(1), a_parcel(2), a_parcel(3))
        assert server.calls == 3
    assert [type(result) for result in results] == [Sent] * 3


def test_mails_offered_at_once_take_turns_on_the_one_line() -> None:
    async def at_once(server: MailServer) -> list[str]:
        async with Mailer(server) as mailer:
            offers = (mailer.hand_over(sender=SENDER, recipient=MANAGER, raw=RAW) for _ in range(4))
            return await asyncio.gather(*offers)

    with scripted() as server:
        assert asyncio.run(at_once(a_server(server.port))) == ["OK"] * 4
        assert server.calls == 1


def test_a_mail_that_is_called_off_half_way_leaves_a_clean_mailer() -> None:
    async def called_off(server: MailServer) -> str:
        async with Mailer(server) as mailer:
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.2):
                    await mailer.hand_over(sender=SENDER, recipient="slow@council.test", raw=RAW)
            return await mailer.hand_over(sender=SENDER, recipient=MANAGER, raw=RAW)

    with scripted(RCPT=SAYS_NOTHING) as server, pytest.raises(OutOfService):
        asyncio.run(called_off(a_server(server.port, timeout=0.5)))
    assert server.calls == 2


@pytest.mark.parametrize(
    "address",
    [
        "",
        "manager@council.test\r\nRCPT TO:<all@council.test>",
        "manager\x00@council.test",
        "manager@council.test, other@council.test",
        "Manager <manager@council.test>",
        "two words@council.test",
        "mana\u200bger@council.test",
        "mana\udce4ger@council.test",
    ],
)
def test_an_address_that_is_not_one_plain_address_is_refused_untried(address: str) -> None:
    with scripted() as server:
        refused = the_result(a_server(server.port), a_parcel(1, address))
        assert server.calls == 0
    assert isinstance(refused, Refused)
    assert refused.code is None


def test_our_own_address_with_a_control_character_is_a_matter_of_settings() -> None:
    with scripted() as server:
        parcel = Parcel(key=1, sender="monitor@council.test\n", recipient=MANAGER, raw=RAW)
        result = the_result(a_server(server.port), parcel)
    assert isinstance(result, OutOfService)
    assert "See sender in [mail]." in str(result)


def test_an_address_beyond_ascii_goes_to_a_server_that_takes_it() -> None:
    office = PostOffice()
    with running(office, enable_SMTPUTF8=True) as port:
        assert isinstance(the_result(a_server(port), a_parcel(1, "zoë@council.test")), Sent)
    assert office.taken[0].rcpt_tos == ["zoë@council.test"]


def test_an_address_beyond_ascii_is_refused_where_the_server_cannot_take_it() -> None:
    with running(PostOffice(), enable_SMTPUTF8=False) as port:
        refused, sent = handed_over(a_server(port), a_parcel(1, "zoë@council.test"), a_parcel(2))
    assert isinstance(refused, Refused)
    assert isinstance(sent, Sent)


def test_our_own_address_beyond_ascii_is_a_matter_of_settings() -> None:
    with running(PostOffice(), enable_SMTPUTF8=False) as port:
        parcel = Parcel(key=1, sender="wächter@council.test", recipient=MANAGER, raw=RAW)
        assert isinstance(the_result(a_server(port), parcel), OutOfService)


def test_three_failures_in_a_row_end_the_batch() -> None:
    with scripted(MAIL=HANGS_UP) as server:
        results = handed_over(a_server(server.port), *(a_parcel(key) for key in range(6)))
        assert server.calls == 3
    assert [type(result) for result in results] == [OutOfService] * 3 + [NotTried] * 3


def test_a_mail_that_gets_through_starts_the_count_of_failures_anew() -> None:
    office = PostOffice(data=["421 busy", "421 busy", "250 Ok", "421 busy", "421 busy", "250 Ok"])
    with running(office) as port:
        results = handed_over(a_server(port), *(a_parcel(key) for key in range(6)))
    out, sent = OutOfService, Sent
    assert [type(result) for result in results] == [out, out, sent, out, out, sent]


def test_each_result_is_told_before_the_next_mail_is_tried() -> None:
    office = PostOffice(data=["250 Ok", "451 later", "250 Ok"])
    seen: list[tuple[int, str, int]] = []
    with running(office) as port:
        hand_over_all(
            a_server(port),
            (a_parcel(key) for key in (7, 8, 9)),
            lambda parcel, result: seen.append((parcel.key, type(result).__name__, len(office.taken))),
        )
    assert seen == [(7, "Sent", 1), (8, "RetryLater", 1), (9, "Sent", 2)]


def test_a_failure_to_keep_a_result_stops_the_batch() -> None:
    office = PostOffice()

    def cannot_keep(_parcel: Parcel, _result: Result) -> None:
        raise RuntimeError("the database is gone")

    with running(office) as port, pytest.raises(RuntimeError, match="the database is gone"):
        hand_over_all(a_server(port), [a_parcel(1), a_parcel(2)], cannot_keep)
    assert len(office.taken) == 1


def test_an_empty_batch_calls_nobody() -> None:
    with scripted() as server:
        hand_over_all(a_server(server.port), [], lambda _parcel, _result: None)
        assert server.calls == 0


def test_a_reply_comes_back_as_one_line_that_a_database_can_keep() -> None:
    with scripted(**{".": "250-Taken\x00 by\r\n250 " + "very " * 100 + "long"}) as server:
        result = the_result(a_server(server.port))
    assert isinstance(result, Sent)
    assert result.reply.startswith("Taken  by very very")
    assert result.reply.isprintable()
    assert len(result.reply) <= 300


def test_the_password_is_in_no_text() -> None:
    assert PASSWORD not in repr(a_server(25, password=PASSWORD))
    assert PASSWORD not in str(a_server(25, password=PASSWORD))


@pytest.mark.parametrize("moment", ["CONNECT", "AUTH", "MAIL", "RCPT", "DATA", "."])
@pytest.mark.parametrize("code", [421, 451, 550, 535])
def test_a_server_that_repeats_what_it_was_told_does_not_get_it_into_our_errors(
    moment: str, code: int
) -> None:
    told = f"{code} {PASSWORD} <{MANAGER}> quiet-words-of-the-mail"
    script = {"EHLO": "250-script.test\r\n250 AUTH PLAIN", "AUTH": "235 in", moment: told}
    with ScriptedServer(script) as server:
        result = the_result(a_server(server.port, password=PASSWORD))
    assert isinstance(result, RetryLater | Refused)
    shown = "".join(traceback.format_exception(result)) + repr(result)
    assert not [secret for secret in (PASSWORD, MANAGER, "quiet-words") if secret in shown]


def test_a_parcel_shows_neither_its_recipient_nor_its_content() -> None:
    assert repr(a_parcel(7)) == f"Parcel(key=7, sender='{SENDER}')"
