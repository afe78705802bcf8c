import type { ErrorText } from "./errors.ts";

/** The part of the catalogue (`errors.ts`) that is about the broker, and what is shown to it. */
export const BROKER_ERRORS = {
  "broker/unreachable": {
    when: "The broker cannot be reached, or the connection was refused.",
    todo: "Check the address, the certificate and the credentials with `leix doctor`.",
  },
  "broker/not-acknowledged": {
    when: "The broker did not acknowledge a publication in time; it may or may not have been stored.",
    todo: "Send the same message again: it is recorded once, whatever happened.",
  },
  "broker/no-answer": {
    when: "The broker, or the service behind it, did not answer a question in time.",
    todo: "Ask again; if it stays so, look with `leix doctor` whether the service that answers is up.",
  },
  "broker/backlog-full": {
    when: "The sender's backlog in the broker is full (OUT_BACKLOG_MESSAGES_MAX).",
    todo: "Wait for earlier messages to be decided, then send the same message again.",
  },
  "broker/refused": {
    when: "The broker refused a write with an error of its own.",
    todo: "Read the broker's error in the detail; `leix doctor` compares the streams with the wanted ones.",
  },
  "broker/head-moved": {
    when: "The ledger grew after the batch was decided: another instance wrote first.",
    todo: "Nothing to do: the service reads what it missed and decides again.",
  },
  "broker/subject-used": {
    when: "A subject that may be used once is used again.",
    todo: "Nothing to do: what was to be written is already there.",
  },
  "broker/server-missing": {
    when: "No nats-server of the needed version was found or could be fetched.",
    todo: "Install nats-server from the official release page, set LEIX_NATS_SERVER, or use Docker.",
  },
  "broker/server-failed": {
    when: "nats-server did not start.",
    todo: "Read its last lines in the detail; most often the port is taken.",
  },
  "broker/expired": {
    when: "A certificate or credential that the connection rests on has ended.",
    todo: "Run the command that the detail names. `leix doctor` warns ahead of such ends.",
  },
  "certificate/request": {
    when: "A request for a certificate is not one, is for another party, or its key did not sign it.",
    todo: "Make it with `leix certificate request`, under the asking party's own name.",
  },
  "certificate/unusable": {
    when: "A certificate is not for the key and party it was asked for, not of the network, or has ended.",
    todo: "Keep what is there. Ask again, and install exactly what the issuer gave for the newest request.",
  },
} as const satisfies Record<string, ErrorText>;
