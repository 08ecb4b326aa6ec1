// SPDX-License-Identifier: GPL-2.0-or-later
#include "engine/check/engine_repair.h"

namespace ocfs2 {

bool repair_as_one(Checkup& checkup, DeviceErrors device_errors, const std::function<void()>& repair,
                   const Problem* problem) {
  checkup.mender->commit();
  try {
    repair();
    checkup.mender->commit();
    return true;
  } catch (const Error& error) {
    checkup.mender->transaction().abort();
    if (problem != nullptr) checkup.examiner.could_not_mend(*problem);
    const bool ends_the_pass = error.kind() == ErrorKind::io && device_errors == DeviceErrors::end_the_pass;
    if (error.kind() == ErrorKind::interrupted || ends_the_pass) throw;
    checkup.reporter.warn(error.what());
    return false;
  }
}

}  // namespace ocfs2
