"""The words of the public pages, in Chinese and English."""

from __future__ import annotations

from shared.platform.language import Text

SITUATIONS = {
    "proposed": Text("已收到，等待受理", "Received, waiting to be taken up"),
    "adopted": Text("已立项，正在办理", "Taken up, in progress"),
    "rejected": Text("未予立项", "Not taken up"),
    "merged": Text("已并入其他议题，一并办理", "Goes on together with another topic"),
    "withdrawn": Text("已撤回", "Withdrawn"),
    "concluded": Text("已办结", "Concluded"),
}
STEP_STATUSES = {
    "done": Text("已完成", "done"),
    "open": Text("待办", "to come"),
    "waived": Text("免办", "left out"),
}
STEP_SHAPES = {"done": "✓", "open": "○", "waived": "◇"}

PAGE = {
    "name": Text("惠协商", "Hui Xieshang"),
    "purpose": Text("有事多商量", "Grassroots consultation"),
    "skip": Text("跳到正文", "Skip to the content"),
    "submit_title": Text("我要提议题", "Propose a topic"),
    "submit_lead": Text(
        "身边有事想商量？写下来，镇街协商议事机构会受理。不用注册。",
        "Something to talk over where you live? Write it down: your town takes it up. No account needed.",
    ),
    "from_venue": Text("您正在提交给", "You are writing to"),
    "division": Text("所在镇街", "Your town"),
    "choose_town": Text("请选择", "Choose"),
    "whole_county": Text("不清楚 / 全县的事", "Not sure, or the whole county"),
    "title": Text("想商量什么事", "What is it about"),
    "title_hint": Text(
        "一句话，例如：村东路口的路灯不亮",
        "In one sentence, e.g. the street lamps by the crossroads are out",
    ),
    "description": Text("具体情况", "In detail"),
    "description_hint": Text(
        "什么地方、什么情况、希望怎样解决。请不要写身份证号、家庭住址。",
        "Where, what, and what you would like to happen. Leave out identity numbers and home addresses.",
    ),
    "contact": Text("怎样联系您", "How to reach you"),
    "contact_hint": Text(
        "可以不填。只供经办人员联系您，不公开，也不进入公开的办理记录。",
        "You may leave this empty. Only those who handle the topic see it; it is never published.",
    ),
    "person_name": Text("姓名", "Name"),
    "phone": Text("电话", "Telephone"),
    "optional": Text("选填", "optional"),
    "send": Text("提交", "Send"),
    "mask_note": Text(
        "正文中的电话、身份证号、邮箱和您的姓名会自动遮盖。",
        "Telephone numbers, identity numbers, e-mail addresses and your name are masked in the text.",
    ),
    "colon": Text("：", ": "),
    "faults": Text("有 {} 处需要改一下", "{} to put right"),
    "have_receipt": Text("已经提过？查看进展", "Proposed something before? See what became of it"),
    "receipt_title": Text("已收到", "Received"),
    "receipt_lead": Text(
        "请截图或抄下这两个号码。凭它们可以随时查看进展、补充或撤回，丢失后无法找回查询码。",
        "Take a screenshot of these two, or write them down. With them you can follow, add to or withdraw "
        "your topic. A lost query code cannot be recovered.",
    ),
    "receipt_number": Text("受理编号", "Receipt number"),
    "query_code": Text("查询码", "Query code"),
    "code_note": Text("查询码只给您本人，请不要告诉别人。", "The code is yours alone: give it to nobody."),
    "what_next": Text("接下来", "What happens next"),
    "next_read": Text(
        "工作人员阅读并受理，不予受理会说明理由。",
        "Somebody reads it and takes it up, or tells you why not.",
    ),
    "next_meeting": Text("组织协商，有关部门答复。", "It is talked over, and those responsible answer."),
    "next_follow": Text("每一步都可以在这里查到。", "You can look up every step here."),
    "withdraw_soon": Text(
        "写错了？10 分钟内可以直接撤回，不用说明理由。",
        "A mistake? Within 10 minutes you can withdraw it without a reason.",
    ),
    "how_back": Text("以后在这里查：", "To come back, open"),
    "see_now": Text("现在查看", "Look at it now"),
    "another": Text("再提一件", "Propose another"),
    "follow_title": Text("查看进展", "What became of it"),
    "follow_lead": Text(
        "输入提交时得到的受理编号和查询码。",
        "Enter the receipt number and the query code that you were given.",
    ),
    "follow_send": Text("查看", "Look"),
    "follow_other": Text("查另一件", "Look up another"),
    "no_such": Text(
        "没有查到。请核对编号和查询码；刚刚提交的，请过几秒再试。",
        "Nothing found. Check number and code; if you have only just sent it, try again in a few seconds.",
    ),
    "situation": Text("目前", "Now"),
    "proposed_on": Text("提交日期", "Sent on"),
    "adopted_on": Text("立项日期", "Taken up on"),
    "concluded_on": Text("办结日期", "Concluded on"),
    "withdrawn_on": Text("撤回日期", "Withdrawn on"),
    "reason": Text("理由", "Reason"),
    "steps": Text("办理步骤", "Steps"),
    "steps_later": Text(
        "立项以后，这里会列出每一个步骤。",
        "Once it is taken up, every step is shown here.",
    ),
    "survivor": Text("并入后的议题", "The topic it goes on in"),
    "parts": Text("拆分出的议题", "Topics that were split off"),
    "your_words": Text("您提交的内容", "What you sent"),
    "supplements": Text("补充说明", "Added later"),
    "supplement": Text("我要补充", "Add to it"),
    "supplement_hint": Text("还有要说的，写在这里。", "Anything else to say goes here."),
    "supplement_send": Text("提交补充", "Add"),
    "supplemented": Text("补充已收到。", "Your addition has been received."),
    "withdraw": Text("撤回", "Withdraw"),
    "withdraw_free": Text("{} 前撤回不用说明理由。", "Until {} no reason is needed."),
    "withdraw_reason": Text("为什么撤回", "Why do you withdraw it"),
    "withdraw_send": Text("撤回这个议题", "Withdraw this topic"),
    "withdraw_sure": Text(
        "撤回后不再办理，不能恢复。",
        "A withdrawn topic is not handled any more; this cannot be undone.",
    ),
    "withdrew": Text("已撤回。", "It has been withdrawn."),
}
"""The pages' own words; `{}` is filled in."""
