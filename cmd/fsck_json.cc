// SPDX-License-Identifier: GPL-2.0-or-later
//
// The JSON document of fsck.ocfs2 --json: one object, also when the check failed.
#include "cmd/fsck_json.h"

namespace ocfs2 {
namespace {

void add_volume(JsonWriter& json, Volume& volume) {
  const Geometry& geometry = volume.geometry();
  json.begin_object("volume").field("label", volume.label()).field("uuid", volume.uuid());
  json.field("blocks", geometry.blocks()).field("block_size", geometry.block_size());
  json.field("clusters", geometry.clusters).field("cluster_size", geometry.cluster_size());
  json.field("slots", volume.facts().max_slots).end_object();
}

void add_finding(JsonWriter& json, const AnsweredFinding& finding) {
  json.begin_object().field("code", finding.code).field("text", finding.text);
  json.begin_object("facts");
  for (const auto& [name, number] : finding.numbers) json.field(name, number);
  if (!finding.name.empty()) json.field("name", finding.name);
  if (!finding.detail.empty()) json.field("detail", finding.detail);
  json.end_object().key("answer");
  if (finding.asked)
    json.value(finding.yes ? "yes" : "no");
  else
    json.value(nullptr);
  json.end_object();
}

void add_codes(JsonWriter& json, const CheckOutcome& outcome) {
  json.begin_object("codes");
  for (const auto& [code, count] : outcome.by_code)
    json.begin_object(code).field("found", count.found).field("fixed", count.mended).end_object();
  json.end_object();
}

std::string_view verdict_word(const FsckRecord& record) {
  if (record.skipped) return "skipped";
  if (!record.outcome || !record.error.empty() || record.outcome->failures > 0) return "failed";
  if (record.outcome->interrupted) return "interrupted";
  if (record.outcome->left > 0) return "errors left";
  if (record.outcome->mended > 0) return "corrected";
  return record.checked ? "sound" : "clean";
}

}  // namespace

std::string fsck_json(const FsckRecord& record, const FsckConsole& console, Volume* volume) {
  JsonWriter json;
  json.begin_object().field("device", record.device);
  if (volume != nullptr) add_volume(json, *volume);
  json.begin_array("passes");
  for (const std::string& pass : console.passes()) json.value(pass);
  json.end_array().begin_array("findings");
  for (const AnsweredFinding& finding : console.findings()) add_finding(json, finding);
  json.end_array();
  if (console.findings_dropped() > 0) json.field("findings_dropped", console.findings_dropped());
  if (record.outcome) {
    json.field("found", record.outcome->found).field("fixed", record.outcome->mended);
    json.field("left", record.outcome->left);
    json.field("journals_replayed", record.outcome->journals_replayed);
    add_codes(json, *record.outcome);
  }
  if (!record.error.empty()) json.field("error", record.error);
  json.field("verdict", verdict_word(record)).field("exit_status", record.status).end_object();
  return json.text();
}

}  // namespace ocfs2
