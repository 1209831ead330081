import Platform
import ProcFS
import Records

extension StatusRecord {
  /// Copies a sample's values into the record.
  mutating func take(_ sample: HostSample) {
    cpuUsage = sample.cpu?.usage
    cpuUser = sample.cpu?.user
    cpuSystem = sample.cpu?.system
    cpuIowait = sample.cpu?.iowait
    cpuSteal = sample.cpu?.steal
    cpuCount = sample.cpuCount
    memoryUsage = sample.memory?.usage
    memoryTotalBytes = sample.memory?.totalBytes
    memoryAvailableBytes = sample.memory?.availableBytes
    swapUsage = sample.memory?.swapUsage
    load1 = sample.load?.oneMinute
    load5 = sample.load?.fiveMinutes
    load15 = sample.load?.fifteenMinutes
    pressureCPUSome10 = sample.cpuPressure
    pressureMemorySome10 = sample.memoryPressure
    pressureIOSome10 = sample.ioPressure
    uptimeSeconds = sample.uptimeSeconds
  }
}
