"""Words of sample services: in the fields of the product's tariff, what is registered and which papers are issued."""

from __future__ import annotations

from collections.abc import Mapping

RECORDS: Mapping[str, tuple[str, ...]] = {
    "Hộ tịch": (
        *("Đăng ký khai sinh", "Đăng ký lại khai sinh", "Đăng ký kết hôn", "Đăng ký lại kết hôn", "Đăng ký khai tử"),
        *("Đăng ký lại khai tử", "Đăng ký nhận cha, mẹ, con", "Đăng ký giám hộ", "Đăng ký chấm dứt giám hộ"),
        *("Ghi vào Sổ hộ tịch việc ly hôn", "Đăng ký nuôi con nuôi", "Đăng ký lại việc nuôi con nuôi"),
    ),
    "Đăng ký, quản lý cư trú": (
        *("Khai báo tạm vắng", "Gia hạn tạm trú", "Xóa đăng ký thường trú", "Xác nhận thông tin về cư trú"),
        *("Điều chỉnh thông tin về cư trú", "Thông báo lưu trú"),
    ),
    "Chứng thực": (
        *("Chứng thực di chúc", "Chứng thực văn bản từ chối nhận di sản", "Chứng thực văn bản khai nhận di sản"),
        *("Chứng thực văn bản thỏa thuận phân chia di sản", "Chứng thực chữ ký người dịch"),
        "Cấp bản sao có chứng thực từ bản chính hợp đồng",
    ),
    "Quốc tịch": ("Thông báo có quốc tịch nước ngoài", "Đăng ký giữ quốc tịch Việt Nam"),
    "Đất đai": (
        *("Tách thửa đất", "Hợp thửa đất", "Đính chính Giấy chứng nhận", "Đăng ký chuyển mục đích sử dụng đất"),
        *("Đăng ký thừa kế quyền sử dụng đất", "Đăng ký tặng cho quyền sử dụng đất", "Gia hạn sử dụng đất"),
        *("Đăng ký góp vốn bằng quyền sử dụng đất", "Cung cấp thông tin đất đai", "Đăng ký biến động đất đai"),
    ),
    "Đăng ký biện pháp bảo đảm": (
        *("Xóa đăng ký biện pháp bảo đảm", "Đăng ký thế chấp tài sản gắn liền với đất"),
        *("Đăng ký thế chấp nhà ở hình thành trong tương lai", "Đăng ký văn bản thông báo xử lý tài sản bảo đảm"),
    ),
}

PAPERS: Mapping[str, tuple[str, ...]] = {
    "An toàn thực phẩm": (
        *(
            "Giấy chứng nhận cơ sở đủ điều kiện an toàn thực phẩm đối với bếp ăn tập thể",
            "Giấy xác nhận nội dung quảng cáo thực phẩm",
            "Giấy tiếp nhận bản công bố sản phẩm thực phẩm",
        ),
        *(
            "Giấy chứng nhận cơ sở sản xuất nước uống đóng chai",
            "Giấy chứng nhận cơ sở sơ chế nông sản",
            "Giấy chứng nhận cơ sở giết mổ gia súc",
            "Giấy chứng nhận cơ sở chế biến thủy sản",
            "Giấy chứng nhận cơ sở kinh doanh thức ăn đường phố",
        ),
    ),
    "Công chứng": (
        *("Giấy đăng ký hoạt động Văn phòng công chứng", "Quyết định bổ nhiệm công chứng viên", "Thẻ công chứng viên"),
        *("Giấy đăng ký tập sự hành nghề công chứng", "Giấy chứng nhận hoàn thành bồi dưỡng nghiệp vụ công chứng"),
    ),
    "Du lịch": (
        *(
            "Giấy phép kinh doanh dịch vụ lữ hành quốc tế",
            "Thẻ hướng dẫn viên du lịch nội địa",
            "Giấy chứng nhận khu du lịch cấp tỉnh",
            "Quyết định công nhận điểm du lịch",
            "Biển hiệu phương tiện vận tải khách du lịch",
        ),
        *(
            "Quyết định công nhận hạng cơ sở lưu trú du lịch",
            "Giấy phép thành lập văn phòng đại diện lữ hành",
            "Quyết định công nhận cơ sở mua sắm phục vụ khách du lịch",
            "Giấy chứng nhận homestay đạt chuẩn",
        ),
    ),
    "Dược phẩm": (
        *("Giấy chứng nhận đủ điều kiện kinh doanh dược", "Giấy chứng nhận thực hành tốt cơ sở bán lẻ thuốc (GPP)"),
        *("Giấy chứng nhận thực hành tốt phân phối thuốc (GDP)", "Giấy xác nhận nội dung thông tin thuốc"),
        *(
            "Phiếu tiếp nhận công bố sản phẩm mỹ phẩm",
            "Giấy phép bán lẻ thuốc tại trạm y tế",
            "Giấy chứng nhận bài thuốc gia truyền",
            "Giấy phép nhập khẩu dược liệu",
        ),
    ),
    "Giao thông vận tải - trật tự an toàn giao thông": (
        *("Giấy phép kinh doanh vận tải bằng xe ô tô", "Phù hiệu xe tuyến cố định", "Phù hiệu xe hợp đồng"),
        *("Phù hiệu xe taxi", "Giấy phép xe tập lái", "Giấy phép đào tạo lái xe ô tô", "Giấy phép liên vận Việt - Lào"),
        *("Giấy phép thi công công trình trên đường đang khai thác", "Giấy phép lưu hành xe quá tải trọng"),
        *("Giấy chứng nhận đăng ký phương tiện thủy nội địa", "Giấy phép hoạt động bến thủy nội địa"),
        *("Giấy chứng nhận đăng ký xe máy chuyên dùng", "Chứng chỉ chuyên môn thuyền viên"),
    ),
    "Hoạt động xây dựng": (
        *("Chứng chỉ năng lực hoạt động xây dựng hạng II", "Chứng chỉ năng lực hoạt động xây dựng hạng III"),
        *("Giấy phép xây dựng có thời hạn", "Giấy phép sửa chữa, cải tạo công trình", "Giấy phép di dời công trình"),
        *(
            "Giấy phép hoạt động xây dựng cho nhà thầu nước ngoài",
            "Giấy phép đào đường đô thị",
            "Giấy phép chặt hạ cây xanh đô thị",
            "Chứng chỉ hành nghề kiến trúc",
            "Chứng chỉ hành nghề môi giới bất động sản",
        ),
        "Giấy phép xây dựng theo giai đoạn",
    ),
    "Lưu thông hàng hóa": (
        *("Giấy phép bán lẻ sản phẩm thuốc lá", "Giấy phép bán buôn sản phẩm thuốc lá", "Giấy phép bán lẻ rượu"),
        *("Giấy phép bán buôn rượu", "Giấy phép sản xuất rượu công nghiệp", "Giấy phép sản xuất rượu thủ công"),
        *("Giấy chứng nhận cửa hàng đủ điều kiện bán lẻ xăng dầu", "Giấy chứng nhận đại lý bán lẻ xăng dầu"),
        *("Giấy chứng nhận nạp khí dầu mỏ hóa lỏng vào chai", "Giấy chứng nhận trạm nạp LPG vào phương tiện vận tải"),
        *("Giấy đăng ký hoạt động bán hàng đa cấp", "Giấy phép sử dụng vật liệu nổ công nghiệp"),
    ),
    "Lý lịch tư pháp": ("Phiếu lý lịch tư pháp số 1", "Phiếu lý lịch tư pháp số 2", "Bản trích lục án tích"),
    "Thành lập và hoạt động doanh nghiệp": (
        *("Giấy chứng nhận đăng ký hoạt động chi nhánh", "Giấy chứng nhận đăng ký văn phòng đại diện"),
        *("Giấy chứng nhận đăng ký địa điểm kinh doanh", "Giấy chứng nhận đăng ký công ty hợp danh"),
        *("Giấy chứng nhận đăng ký doanh nghiệp tư nhân", "Giấy xác nhận thay đổi nội dung đăng ký doanh nghiệp"),
        *("Giấy xác nhận tạm ngừng kinh doanh", "Giấy chứng nhận đăng ký công ty TNHH hai thành viên trở lên"),
    ),
    "Thành lập và hoạt động hộ kinh doanh": (
        *(
            "Giấy chứng nhận đăng ký hộ kinh doanh",
            "Giấy chứng nhận đăng ký hợp tác xã",
            "Giấy chứng nhận đăng ký liên hiệp hợp tác xã",
            "Giấy chứng nhận đăng ký tổ hợp tác",
        ),
        "Giấy xác nhận chấm dứt hoạt động hộ kinh doanh",
    ),
    "Việc làm": (
        *("Giấy phép hoạt động dịch vụ việc làm", "Giấy phép hoạt động cho thuê lại lao động"),
        *("Giấy phép lao động", "Giấy xác nhận không thuộc diện cấp giấy phép lao động"),
        *("Giấy chứng nhận huấn luyện an toàn lao động", "Giấy chứng nhận đủ điều kiện kiểm định kỹ thuật an toàn"),
        *("Giấy xác nhận khai báo thiết bị nâng", "Giấy chứng nhận đăng ký hoạt động giáo dục nghề nghiệp"),
    ),
    "Văn hóa": (
        *(
            "Giấy phép tổ chức biểu diễn nghệ thuật",
            "Giấy phép tổ chức triển lãm mỹ thuật",
            "Giấy phép kinh doanh dịch vụ vũ trường",
            "Giấy phép xuất bản tài liệu không kinh doanh",
            "Giấy phép hoạt động in",
        ),
        *("Giấy phép sao chép tác phẩm mỹ thuật", "Giấy chứng nhận đăng ký di vật, cổ vật", "Giấy phép tổ chức lễ hội"),
        *("Giấy tiếp nhận thông báo sản phẩm quảng cáo", "Giấy chứng nhận câu lạc bộ thể thao đủ điều kiện hoạt động"),
        *("Giấy chứng nhận kinh doanh hoạt động bơi, lặn", "Giấy chứng nhận kinh doanh hoạt động thể hình"),
        *("Giấy chứng nhận kinh doanh hoạt động bóng đá", "Giấy phép khai quật khảo cổ"),
    ),
    "Xuất nhập cảnh": (
        *("Hộ chiếu phổ thông gắn chíp điện tử", "Giấy thông hành biên giới", "Thẻ đi lại của doanh nhân APEC (ABTC)"),
        *("Thẻ tạm trú", "Thẻ thường trú", "Giấy phép vào khu vực cấm"),
    ),
    "Đấu giá tài sản": (
        *("Chứng chỉ hành nghề đấu giá", "Thẻ đấu giá viên", "Giấy đăng ký hoạt động chi nhánh doanh nghiệp đấu giá"),
        *("Giấy đăng ký hành nghề quản tài viên", "Giấy đăng ký hành nghề thừa phát lại", "Thẻ tư vấn viên pháp luật"),
    ),
    "Đất đai": (
        *("Giấy chứng nhận quyền sử dụng đất", "Giấy chứng nhận quyền sở hữu nhà ở", "Giấy phép đo đạc và bản đồ"),
        *("Giấy phép khai thác nước dưới đất", "Giấy phép thăm dò nước dưới đất", "Giấy phép khai thác nước mặt"),
        *("Giấy phép hành nghề khoan nước dưới đất", "Giấy phép khai thác khoáng sản", "Giấy phép thăm dò khoáng sản"),
        *(
            "Giấy phép môi trường",
            "Giấy phép hoạt động trong phạm vi bảo vệ công trình thủy lợi",
            "Giấy phép khai thác tận thu khoáng sản",
            "Giấy phép nhận chìm ở biển",
            "Quyết định giao khu vực biển",
        ),
    ),
    "Công tác thú y và thủy sản": (
        *(
            "Giấy chứng nhận đủ điều kiện buôn bán thuốc thú y",
            "Chứng chỉ hành nghề thú y",
            "Giấy phép khai thác thủy sản",
            "Giấy chứng nhận đăng ký tàu cá",
            "Giấy chứng nhận an toàn kỹ thuật tàu cá",
        ),
        *(
            "Giấy chứng nhận cơ sở an toàn dịch bệnh động vật",
            "Giấy chứng nhận kiểm dịch động vật vận chuyển ra khỏi địa bàn cấp tỉnh",
            "Giấy chứng nhận đăng ký nuôi trồng thủy sản lồng bè",
        ),
        *("Giấy chứng nhận cơ sở đủ điều kiện sản xuất thức ăn chăn nuôi", "Giấy phép kinh doanh giống vật nuôi"),
    ),
    "Trồng trọt và lâm nghiệp": (
        *(
            "Giấy chứng nhận đủ điều kiện buôn bán phân bón",
            "Giấy chứng nhận đủ điều kiện buôn bán thuốc bảo vệ thực vật",
        ),
        *("Quyết định công nhận cây đầu dòng", "Quyết định công nhận vườn cây đầu dòng", "Mã số vùng trồng"),
        *(
            "Mã số cơ sở đóng gói nông sản",
            "Mã số cơ sở nuôi, trồng động vật, thực vật rừng",
            "Giấy phép vận chuyển thuốc bảo vệ thực vật",
            "Quyết định công nhận nguồn giống cây trồng lâm nghiệp",
        ),
        "Giấy xác nhận nguồn gốc lâm sản",
    ),
    "Khám bệnh, chữa bệnh": (
        *(
            "Giấy phép hành nghề khám bệnh, chữa bệnh",
            "Giấy phép hoạt động phòng khám đa khoa",
            "Giấy phép hoạt động phòng khám chuyên khoa",
            "Giấy phép hoạt động cơ sở dịch vụ kính thuốc",
        ),
        *(
            "Giấy phép hoạt động trạm y tế",
            "Giấy phép hoạt động nhà hộ sinh",
            "Giấy phép hoạt động cơ sở cấp cứu ngoại viện",
            "Giấy chứng nhận đủ điều kiện tiêm chủng",
            "Giấy phép tiến hành công việc bức xạ X-quang y tế",
        ),
        "Giấy xác nhận nội dung quảng cáo dịch vụ khám bệnh, chữa bệnh",
    ),
    "Giáo dục và đào tạo": (
        *("Quyết định cho phép thành lập trường mầm non", "Quyết định cho phép hoạt động trung tâm ngoại ngữ, tin học"),
        *("Quyết định cho phép hoạt động nhóm trẻ độc lập", "Giấy phép hoạt động dịch vụ tư vấn du học"),
        *("Bản sao văn bằng, chứng chỉ từ sổ gốc", "Quyết định công nhận văn bằng do cơ sở nước ngoài cấp"),
        *("Giấy phép dạy thêm, học thêm", "Quyết định cho phép hoạt động giáo dục kỹ năng sống"),
    ),
    "Bưu chính, viễn thông và công nghệ": (
        *(
            "Giấy phép bưu chính",
            "Giấy xác nhận thông báo hoạt động bưu chính",
            "Giấy phép thiết lập trang thông tin điện tử tổng hợp",
            "Giấy chứng nhận điểm cung cấp dịch vụ trò chơi điện tử công cộng",
        ),
        *(
            "Giấy chứng nhận đăng ký hoạt động khoa học và công nghệ",
            "Giấy chứng nhận doanh nghiệp khoa học và công nghệ",
        ),
        *(
            "Giấy phép lắp đặt trạm thu phát sóng",
            "Giấy xác nhận công bố hợp quy",
            "Giấy chứng nhận chuyển giao công nghệ",
        ),
    ),
    "Điện lực và hóa chất": (
        *("Giấy phép hoạt động bán lẻ điện", "Giấy phép hoạt động tư vấn thiết kế công trình điện", "Thẻ an toàn điện"),
        *(
            "Giấy phép hoạt động phát điện",
            "Giấy chứng nhận đủ điều kiện sản xuất hóa chất",
            "Giấy chứng nhận đủ điều kiện kinh doanh hóa chất",
            "Giấy phép vận chuyển hàng nguy hiểm",
        ),
        "Giấy chứng nhận huấn luyện kỹ thuật an toàn hóa chất",
    ),
    "Bảo trợ xã hội": (
        *(
            "Giấy phép hoạt động cơ sở trợ giúp xã hội",
            "Giấy xác nhận mức độ khuyết tật",
            "Giấy chứng nhận đăng ký thành lập cơ sở trợ giúp xã hội",
            "Giấy phép thành lập quỹ từ thiện",
            "Giấy phép hoạt động cai nghiện tự nguyện",
        ),
    ),
}
