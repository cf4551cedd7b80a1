import { describe, expect, it } from "vitest";
import { readMail } from "./mail";

const bytes = (text: string) => String.fromCharCode(...new TextEncoder().encode(text));

describe("an e-mail", () => {
  it("of plain text has headers and a text", () => {
    const mail = readMail(bytes("From: grace@example.com\r\nTo: ada@example.com,\r\n charles@example.com\r\nSubject: Größe\r\n\r\nDear Ada,\r\n\r\nüber"));
    expect(mail.headers).toEqual([
      ["From", "grace@example.com"],
      ["To", "ada@example.com, charles@example.com"],
      ["Subject", "Größe"],
    ]);
    expect(mail.text).toBe("Dear Ada,\r\n\r\nüber");
  });

  it("of several parts has both texts and its attachments", () => {
    const mail = readMail(
      bytes(
        [
          "Subject: =?utf-8?b?R3LDvMOfZQ==?= =?utf-8?q?_an_Ada?=",
          'Content-Type: multipart/mixed; boundary="b"',
          "",
          "--b",
          "Content-Type: text/plain; charset=utf-8",
          "Content-Transfer-Encoding: quoted-printable",
          "",
          "sch=C3=B6n=",
          "er",
          "--b",
          "Content-Type: text/html",
          "Content-Transfer-Encoding: base64",
          "",
          btoa("<p>hi</p>"),
          "--b",
          "Content-Type: application/pdf",
          'Content-Disposition: attachment; filename="offer.pdf"',
          "",
          "x",
          "--b--",
        ].join("\r\n"),
      ),
    );
    expect(mail.headers[0]).toEqual(["Subject", "Grüße an Ada"]);
    expect([mail.text, mail.html]).toEqual(["schöner", "<p>hi</p>"]);
    expect(mail.attachments).toEqual([{ name: "offer.pdf", contentType: "application/pdf" }]);
  });

  it("may be anything", () => {
    expect(readMail("").headers).toEqual([]);
    expect(readMail("no header at all").text).toBe("");
  });
});
