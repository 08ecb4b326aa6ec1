// SPDX-License-Identifier: GPL-2.0-or-later
//
// Walks a structure field by field, with its parts and variable records, from the field tables alone. Field
// dumps, JSON, error messages and the comparison of two volumes are all visitors of this one walk.
#pragma once

#include <functional>
#include <string>

#include "ondisk/field.h"

namespace ocfs2 {

struct BlockKind;

/// Gets one field after the other: its path from the start of the block ("id2.l_recs[3].e_cpos"), its row
/// (whose offset counts from its own structure), and its bytes. A row of numbers comes as one call for each
/// element.
using FieldVisitor = std::function<void(const std::string& path, const Field& field, ConstBytes value)>;

/// Shows every field of `structure`, those of its parts included. Fields beyond the end of the bytes are left
/// out.
void describe_fields(std::span<const Field> rows, ConstBytes structure, const std::string& prefix,
                     const FieldVisitor& visit);

/// One structure laid over `bytes` (which may be too short for it).
template <class T>
void describe_structure(ConstBytes bytes, const std::string& prefix, const FieldVisitor& visit) {
  describe_fields(fields_of<T>, bytes, prefix, visit);
}

/// "name[0].…", "name[1].…": an array of structures.
template <class T>
void describe_records(std::span<const T> records, const std::string& name, const FieldVisitor& visit) {
  for (std::size_t i = 0; i < records.size(); ++i)
    describe_fields(fields_of<T>, bytes_of(records[i]), name + "[" + std::to_string(i) + "].", visit);
}

/// Shows every field of a whole block. Safe on any bytes; what lies beyond the block's end is left out.
void describe(ConstBytes block, const BlockKind& kind, const FieldVisitor& visit);

}  // namespace ocfs2
