"""Windows 11 in Korean, virtualization off in the firmware: neither WSL 2 nor Docker Desktop start."""

from __future__ import annotations

# ruff: noqa: RUF001 - the quotation marks of the Korean text
from tests.hosts.desktop_machine import UBUNTU, Distribution, Windows
from tests.hosts.windows_11_wsl2_desktop import WSLCONFIG, surroundings

FAILS = {
    "engine-not-running": "error",
    "virtualization-off": "error",
    "virtual-machine-platform-missing": "error",  # vmcompute comes with it
}

STATUS = (
    "기본 배포: Ubuntu-24.04\r\n기본 버전: 2\r\n"
    "가상화가 활성화되지 않은 이 컴퓨터에서는 WSL2를 시작할 수 없습니다.\r\n"
    "컴퓨터의 펌웨어 설정에서 ‘가상 머신 플랫폼’ 선택적 구성 요소가 활성화되고, 가상화가 켜져 "
    "있는지 확인하세요.\r\n\r\n‘가상 머신 플랫폼’을 활성화기 위해 다음 명령 실행: wsl.exe "
    "--install --no-distribution\r\n\r\n자세한 내용을 알아보려면 "
    "https://aka.ms/enablevirtualization을 방문하세요.\r\n"
)
"""localization/strings/ko-KR/Resources.resw of microsoft/WSL: what --status says without vmcompute."""
DENIED = True


def machine() -> Windows:
    around = surroundings(
        WSLCONFIG, locale="ko-KR", distributions=(Distribution(UBUNTU.name, "Stopped"),)
    )
    for name in ("vmcompute", "hns", "HvHost"):
        del around.services[name]
    around.runs["wsl.exe", "--status"] = (0, STATUS, "")
    around.desktop(running=False)
    around.tasks.clear()
    around.powershell["HypervisorPresent"] = "False\r\n"
    around.powershell["VirtualizationFirmwareEnabled"] = "False\r\n"
    around.docker_config(auths={}, credsStore="desktop", currentContext="desktop-linux")
    return Windows(around)
