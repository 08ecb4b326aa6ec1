// SPDX-License-Identifier: GPL-2.0-or-later
//
// What debugfs.ocfs2 shows, as JSON. Blocks are objects with every field that the format gives them, under
// its established name: the descriptions of ondisk/ write them, so none is forgotten. Numbers are numbers,
// names on disk text, bytes hexadecimal.
#pragma once

#include <functional>

#include "cmd/debugfs.h"
#include "ondisk/judgement.h"

namespace ocfs2 {

/// Makes fields members of the object that is open: "id2.l_recs[3].e_cpos" lies in an object in an array in
/// an object. `describe` gets the visitor that it shall show them to.
void write_fields(JsonWriter& json, const std::function<void(const FieldVisitor&)>& describe);
/// Members of the object that is open: what kind of block it is, all its fields, whether its checksum is
/// right.
void write_block(JsonWriter& json, const Features& features, const BlockKind& kind, ConstBytes block);

// Commands of debugfs.ocfs2.
void write_super(DebugSession& session, Words words, JsonWriter& json);
void write_stat(DebugSession& session, Words words, JsonWriter& json);
void write_system_directory(DebugSession& session, Words words, JsonWriter& json);
void write_entries(DebugSession& session, Words words, JsonWriter& json);
void write_directory_blocks(DebugSession& session, Words words, JsonWriter& json);
void write_extent(DebugSession& session, Words words, JsonWriter& json);
void write_groups(DebugSession& session, Words words, JsonWriter& json);
void write_free_runs(DebugSession& session, Words words, JsonWriter& json);
void write_free_bits(DebugSession& session, Words words, JsonWriter& json);
void write_index_root(DebugSession& session, Words words, JsonWriter& json);
void write_index_leaf(DebugSession& session, Words words, JsonWriter& json);
void write_index(DebugSession& session, Words words, JsonWriter& json);
void write_index_space(DebugSession& session, Words words, JsonWriter& json);
void write_refcount(DebugSession& session, Words words, JsonWriter& json);
void write_attributes(DebugSession& session, Words words, JsonWriter& json);

}  // namespace ocfs2
